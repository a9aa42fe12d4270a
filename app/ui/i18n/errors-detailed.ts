/**
 * What happened, with the figures and names of the case: for each error the fullest sentence first; the first one whose
 * every placeholder is known is said, else the plain sentence. In English only where the core's own sentence gives bare
 * bytes or peer ids.
 */
import type { ErrorCode } from '../../core/rpc/client.ts';
import type { Language } from './define.ts';

type Sentences = Partial<Record<ErrorCode, readonly string[]>>;

export const errorsDetailed: Record<Language, Sentences> = {
  en: {
    DISK_FULL: [
      'There is not enough free disk space: {neededBytes} needed, {freeBytes} free.',
      'There is not enough free disk space: {neededBytes} needed.',
    ],
    PEER_GONE: ['{peerId} has left.'],
    MANIFEST_TIE: [
      'The PCs hold different files of this game: {groups}. They differ in {files}.',
      'The PCs hold different files of this game: {groups}.',
    ],
    NO_SOUND_SOURCE: ['Block {block} of {file} arrives damaged from {peerId}, and nobody else has it.'],
  },
  de: {
    BAD_REQUEST: ['Die Anfrage ist fehlerhaft: {field}.'],
    NOT_IN_CATALOG: ['Der Katalog kennt kein Spiel „{gameId}“.'],
    OPERATION_IN_PROGRESS: ['Für dieses Spiel läuft schon eine andere Aufgabe: {operation}.'],
    NOT_REMOVABLE: ['Der Download lässt sich jetzt nicht löschen: {reason}.'],
    LAUNCH_MISSING: ['Das Startprogramm „{path}“ fehlt im installierten Spiel.'],
    PLAY_FAILED: ['Das Spiel ließ sich nicht starten: {command}.'],
    NOT_A_PROGRAM: ['„{path}“ ist kein Programm für dieses System.'],
    GAME_ENDED_AT_ONCE: [
      'Das Spiel hat sich sofort wieder beendet (Code {exitCode}). Es meldet: {lastWords}',
      'Das Spiel hat sich sofort wieder beendet (Code {exitCode}).',
      'Das Spiel hat sich sofort wieder beendet. Es meldet: {lastWords}',
    ],
    TOO_MANY_ATTEMPTS: ['Zu viele falsche PINs. Neuer Versuch in {retryAfterSeconds}.'],
    STATE_LOCKED: ['Ein anderes Lanspread benutzt den Datenordner {directory} schon.'],
    STATE_TOO_NEW: [
      'Die Datenbank stammt von einem neueren Lanspread (ihre Version ist {version}, hier geht es bis {latest}).',
    ],
    DISK_FULL: [
      'Es ist nicht genug Speicherplatz frei: {neededBytes} nötig, {freeBytes} frei.',
      'Es ist nicht genug Speicherplatz frei: {neededBytes} nötig.',
      'Für {path} ist nicht genug Speicherplatz frei.',
      'Es sind nur noch {freeBytes} frei.',
    ],
    FILE_TOO_LARGE: [
      '{path} hat {sizeBytes}; das Laufwerk nimmt je Datei höchstens {limitBytes} auf.',
      'Das Laufwerk kann {path} in dieser Größe nicht aufnehmen.',
    ],
    IO_ERROR: ['{path} ließ sich nicht lesen oder schreiben.'],
    PERMISSION_DENIED: ['Der Zugriff auf {path} wurde verweigert.'],
    FOLDER_NOT_FOUND: ['Der Ordner {path} fehlt.'],
    FOLDER_EXISTS: ['{path} gibt es schon.'],
    GAMES_DIR_LOST: ['Der Spieleordner {gamesDir} fehlt.'],
    INVALID_PATH: ['Der Pfad „{path}“ ist nicht erlaubt.'],
    UNSAFE_ROOT: ['{path} ist im Weg, oder Lanspread darf es nicht ändern.'],
    CATALOG_INVALID: ['Der Katalog ist nicht gültig: {field}.'],
    CATALOG_NOT_FOUND: ['Die Katalogdatei {path} lässt sich nicht lesen.'],
    SIGNATURE_INVALID: ['Die Signatur von {path} passt nicht.'],
    ROOM_KEY_INVALID: ['{path} ist kein gültiger Raumschlüssel.'],
    BAD_MESSAGE: ['{peerId} hat etwas gesendet, das nicht zum Protokoll gehört.'],
    INCOMPATIBLE_PEER: [
      '{peerId} verwendet eine andere Protokollversion ({protocol}).',
      '{peerId} verwendet eine andere Protokollversion.',
    ],
    INVALID_ADDRESS: ['„{address}“ ist keine gültige Adresse.'],
    PEER_UNREACHABLE: ['{address} ist nicht erreichbar.'],
    PEER_GONE: ['{peerId} ist nicht mehr da.'],
    PEER_TIMEOUT: ['{peerId} hat nicht rechtzeitig geantwortet.'],
    GAME_NOT_FOUND: ['{peerId} hat diese Version des Spiels nicht.'],
    MANIFEST_MISMATCH: ['{peerId} hat unter dieser Version andere Dateien.'],
    NOT_SERVED: ['{peerId} teilt das nicht.'],
    NO_PEERS: ['Kein PC hier hat die Version {version}.'],
    MANIFEST_TIE: [
      'Die PCs haben verschiedene Dateien dieses Spiels: {groups}. Sie unterscheiden sich in {files}.',
      'Die PCs haben verschiedene Dateien dieses Spiels: {groups}.',
    ],
    MANIFEST_INVALID: ['Die Dateiliste dieses Spiels, die {peerId} gesendet hat, ist nicht gültig.'],
    NO_SOUND_SOURCE: ['Block {block} von {file} kommt von {peerId} beschädigt an, und niemand sonst hat ihn.'],
    NO_UNPACKER: [
      'Dieses Spiel braucht die Erweiterung {needs}, die hier fehlt oder ausgeschaltet ist.',
      'Keine installierte Erweiterung kann {file} öffnen.',
    ],
    ARCHIVE_CORRUPT: [
      '„{entry}“ in {file} ist beschädigt.',
      '{file} ist beschädigt.',
      '„{entry}“ im Archiv ist beschädigt.',
    ],
    ARCHIVE_ENCRYPTED: ['„{entry}“ in {file} hat ein Passwort.', 'Das Archiv {file} hat ein Passwort.'],
    ARCHIVE_HOSTILE: [
      '„{entry}“ in {file} will außerhalb seines Ordners schreiben oder diesen PC überlasten.',
      '{file} will außerhalb seines Ordners schreiben oder diesen PC überlasten.',
      '„{entry}“ im Archiv will außerhalb seines Ordners schreiben oder diesen PC überlasten.',
    ],
    ARCHIVE_UNSUPPORTED: [
      '„{entry}“ in {file} ist mit einem Verfahren gepackt, das der Entpacker nicht kennt.',
      '{file} ist mit einem Verfahren gepackt, das der Entpacker nicht kennt.',
    ],
    VOLUME_MISSING: ['Vom Archiv fehlt der Teil {file}.'],
    ARCHIVE_UNSUITABLE: [
      '„{entry}“ in {file} lässt sich unter Windows nicht speichern: {reason}.',
      '„{entry}“ in {file} lässt sich unter Windows nicht speichern.',
      '{file} enthält etwas, das sich unter Windows nicht speichern lässt.',
    ],
    EXTENSION_INCOMPATIBLE: ['Die Erweiterung ist für Lanspread {wants} gemacht; hier ist die Schnittstelle {has}.'],
    EXTENSION_FAILED: ['Die Erweiterung {extensionId} meldet einen Fehler.'],
    EXTENSION_CRASHED: ['Die Erweiterung {extensionId} ist abgestürzt.'],
    EXTENSION_TIMEOUT: ['Die Erweiterung {extensionId} hat nicht rechtzeitig geantwortet.'],
    EXTENSION_MISBEHAVED: ['Die Erweiterung {extensionId} hat gegen die Regeln für Erweiterungen verstoßen.'],
  },
};

/** What runs, as a piece of a sentence. */
export const operationWords: Record<Language, Readonly<Record<string, string>>> = {
  en: {},
  de: {
    Queued: 'es wartet in der Warteschlange',
    CheckingPeers: 'Lanspread sucht PCs mit dem Spiel',
    Downloading: 'es wird heruntergeladen',
    Verifying: 'es wird geprüft',
    Repairing: 'es wird repariert',
    Installing: 'es wird installiert',
    Updating: 'es wird aktualisiert',
    Streaming: 'es wird beim Laden installiert',
    Uninstalling: 'es wird deinstalliert',
    Removing: 'der Download wird gelöscht',
    Playing: 'es wird gespielt',
  },
};

/** Why a download cannot be removed. */
export const reasonWords: Record<Language, Readonly<Record<string, string>>> = {
  en: {},
  de: {
    'not-in-catalog': 'das Spiel steht in keinem Katalog',
    'outside-games-folder': 'er liegt nicht im Spieleordner',
    'not-there': 'es gibt keinen',
    link: 'an seiner Stelle ist eine Verknüpfung',
    'not-a-folder': 'an seiner Stelle ist kein Ordner',
    installed: 'das Spiel ist installiert',
    'install-unfinished': 'eine Installation ist noch nicht fertig',
    conflict: 'dort liegen beiseitegelegte Dateien von dir',
    'not-downloaded': 'das Spiel ist nicht heruntergeladen',
  },
};

/** Why a name in an archive is not suitable. */
export const faultWords: Record<Language, Readonly<Record<string, string>>> = {
  en: {},
  de: {
    empty: 'der Name ist leer',
    'too-long': 'der Pfad ist zu lang',
    'bad-unicode': 'der Name ist kein gültiges Unicode',
    control: 'der Name enthält ein Steuerzeichen',
    backslash: 'der Name enthält einen umgekehrten Schrägstrich',
    colon: 'der Name enthält einen Doppelpunkt',
    absolute: 'der Pfad beginnt nicht im Ordner des Spiels',
    forbidden: 'der Name enthält ein verbotenes Zeichen',
    'empty-segment': 'ein Ordner im Pfad hat keinen Namen',
    'dot-segment': 'ein Ordner im Pfad heißt „.“',
    'ends-in-dot': 'der Name endet mit einem Punkt oder Leerzeichen',
    'device-name': 'der Name gehört einem Gerät',
    'long-segment': 'der Name ist zu lang',
    reserved: 'der Name gehört Lanspread',
    'file-and-folder': 'es ist zugleich Datei und Ordner',
  },
};
