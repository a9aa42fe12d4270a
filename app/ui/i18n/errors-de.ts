import type { ErrorCode } from '../../core/rpc/client.ts';

interface ErrorText {
  readonly message: string;
  readonly next: string;
}

const otherPc = 'Lanspread nimmt einen anderen PC.';
const nothingToDo = 'Du musst nichts tun. Die Verbindung wurde geschlossen.';

/** A test keeps this table complete. A missing code falls back to English. */
export const errorsDe: Partial<Record<ErrorCode, ErrorText>> = {
  // Befehle
  BAD_REQUEST: {
    message: 'Die Anfrage ist fehlerhaft.',
    next: 'Korrigiere das genannte Feld und sende die Anfrage erneut.',
  },
  UNKNOWN_COMMAND: { message: 'Diesen Befehl gibt es nicht.', next: '`lanspread --help` nennt die Befehle.' },
  NOT_IN_CATALOG: {
    message: 'Dieses Spiel steht in keinem Katalog.',
    next: 'Prüfe die Kennung, oder importiere einen Katalog, der es nennt.',
  },
  NOT_DOWNLOADED: { message: 'Das Spiel ist auf diesem PC nicht heruntergeladen.', next: 'Hol es zuerst.' },
  NOT_INSTALLED: { message: 'Das Spiel ist auf diesem PC nicht installiert.', next: 'Installiere es zuerst.' },
  INSTALLED: { message: 'Das Spiel ist installiert.', next: 'Deinstalliere es zuerst.' },
  ALREADY_DOWNLOADED: { message: 'Du hast diese Version schon.', next: 'Installiere sie.' },
  UP_TO_DATE: {
    message: 'Das Spiel ist auf dem neuesten Stand.',
    next: 'Spiel los.',
  },
  NOT_RESUMABLE: {
    message: 'Für dieses Spiel gibt es keinen pausierten Download.',
    next: 'Hol das Spiel stattdessen neu.',
  },
  OPERATION_IN_PROGRESS: {
    message: 'Für dieses Spiel läuft schon eine andere Aufgabe.',
    next: 'Warte, bis sie fertig ist, oder brich sie ab.',
  },
  NO_OPERATION: {
    message: 'Für dieses Spiel läuft keine Aufgabe.',
    next: 'Es gibt nichts abzubrechen oder anzuhalten.',
  },
  OPERATIONS_ACTIVE: {
    message: 'Diese Einstellung lässt sich nicht ändern, solange Spiele geladen, installiert oder gespielt werden.',
    next: 'Warte oder brich sie ab, dann versuche es erneut.',
  },
  UNKNOWN_SETTING: { message: 'Diese Einstellung gibt es nicht.', next: 'Die Namen stehen in den Einstellungen.' },
  SHUTTING_DOWN: { message: 'Lanspread wird gerade beendet.', next: 'Starte Lanspread neu.' },
  CANCELLED: { message: 'Der Vorgang wurde abgebrochen.', next: 'Du kannst ihn jederzeit neu starten.' },
  NOT_REMOVABLE: {
    message: 'Der Download lässt sich jetzt nicht löschen.',
    next: 'Deinstalliere zuerst das Spiel, oder brich seine Aufgabe ab.',
  },
  NOT_SUPPORTED: {
    message: 'Diese Version von Lanspread kann das noch nicht.',
    next: 'Nimm einen anderen Weg oder eine neuere Version.',
  },
  // Spielen
  NO_LAUNCH: {
    message: 'Der Katalog nennt keinen Start für dieses Spiel.',
    next: 'Lass dir die Dateien anzeigen und starte es dort, oder bitte den Autor des Katalogs um einen Starteintrag.',
  },
  LAUNCH_MISSING: {
    message: 'Das Startprogramm dieses Spiels fehlt.',
    next: 'Deinstalliere das Spiel und installiere es neu. Hilft das nicht, nennt der Katalog die falsche Datei.',
  },
  PLAY_FAILED: {
    message: 'Das Spiel ließ sich nicht starten.',
    next: 'Lass dir die Dateien anzeigen und starte es dort, um die Meldung des Systems zu sehen.',
  },
  NOT_A_PROGRAM: {
    message: 'Die Startdatei ist kein Programm für dieses System.',
    next: 'Bitte den Autor des Katalogs um einen Starteintrag für dieses System.',
  },
  GAME_ENDED_AT_ONCE: {
    message: 'Das Spiel hat sich sofort mit einem Fehler beendet.',
    next: 'Installiere, was ihm laut Meldung fehlt, oder starte es aus seinem Ordner.',
  },
  // Kiosk
  KIOSK_LOCKED: {
    message: 'Dieser PC ist im Kioskmodus. Das darf nur der Betreiber.',
    next: 'Entsperre ihn mit der PIN des Betreibers.',
  },
  KIOSK_PIN_REQUIRED: {
    message: 'Der Kioskmodus braucht eine PIN, und es ist keine festgelegt.',
    next: 'Lege zuerst eine PIN fest, dann schalte den Kioskmodus ein.',
  },
  KIOSK_PIN_LOST: {
    message: 'Die PIN dieses PCs ist verloren, weil ihre Datei beschädigt war.',
    next: 'Lies „A lost PIN“ in docs/operators.md.',
  },
  WRONG_PIN: { message: 'Falsche PIN.', next: 'Versuche es erneut.' },
  TOO_MANY_ATTEMPTS: { message: 'Zu viele falsche PINs.', next: 'Warte einen Moment, dann versuche es erneut.' },
  // Zustand und Platte
  STATE_LOCKED: {
    message: 'Ein anderes Lanspread benutzt diesen Datenordner schon.',
    next: 'Schließe das andere, oder wähle einen anderen Datenordner.',
  },
  STATE_CORRUPT: {
    message: 'Die Datenbank war nicht lesbar.',
    next: 'Du musst nichts tun. Sie wird aus deinem Spieleordner neu aufgebaut.',
  },
  STATE_TOO_NEW: {
    message: 'Die Datenbank stammt von einem neueren Lanspread.',
    next: 'Starte die neuere Version.',
  },
  DISK_FULL: {
    message: 'Es ist nicht genug Speicherplatz frei.',
    next: 'Schaffe Platz, dann versuche es erneut.',
  },
  FILE_TOO_LARGE: {
    message: 'Das Laufwerk kann keine so große Datei aufnehmen.',
    next: 'Wähle einen Spieleordner auf einem Laufwerk mit NTFS, exFAT oder ext4; bei FAT32 ist bei 4 GiB je Datei Schluss.',
  },
  IO_ERROR: {
    message: 'Eine Datei ließ sich nicht lesen oder schreiben.',
    next: 'Prüfe das Laufwerk und seine Rechte, dann versuche es erneut.',
  },
  PERMISSION_DENIED: {
    message: 'Der Zugriff auf eine Datei oder einen Ordner wurde verweigert.',
    next: 'Gib deinem Benutzer Zugriff darauf, oder wähle einen anderen Ordner.',
  },
  FOLDER_NOT_FOUND: {
    message: 'Der Ordner fehlt.',
    next: 'Wähle einen anderen Ordner, oder lege ihn zuerst an.',
  },
  FOLDER_EXISTS: {
    message: 'Diesen Namen gibt es schon.',
    next: 'Wähle einen anderen Namen oder jenen Ordner.',
  },
  GAMES_DIR_LOST: {
    message: 'Der Spieleordner fehlt.',
    next: 'Schließe das Laufwerk an, oder wähle einen anderen Spieleordner.',
  },
  INVALID_PATH: {
    message: 'Ein Pfad ist nicht erlaubt.',
    next: 'Nimm eine andere Quelle: Diese ist defekt oder will außerhalb des Spieleordners schreiben.',
  },
  UNSAFE_ROOT: {
    message: 'In den Ordner dieses Spiels darf Lanspread nicht schreiben.',
    next: 'Verschiebe die Verknüpfung oder Datei dieses Namens aus dem Spieleordner.',
  },
  // Katalog
  CATALOG_INVALID: { message: 'Der Katalog ist nicht gültig.', next: 'Korrigiere das genannte Feld.' },
  CATALOG_NOT_FOUND: { message: 'Die Katalogdatei lässt sich nicht lesen.', next: 'Prüfe den Pfad.' },
  CATALOG_UNSIGNED: {
    message: 'Der Katalog hat keine Signatur, der dieser PC vertraut.',
    next: 'Füge in den Einstellungen den öffentlichen Schlüssel seines Autors hinzu, oder bitte um eine signierte Fassung.',
  },
  UNKNOWN_CATALOG: {
    message: 'Es gibt keinen Katalog mit dieser Kennung.',
    next: '`lanspread catalog list` nennt die Kennungen.',
  },
  // Signaturen
  SIGNATURE_INVALID: {
    message: 'Die Signatur passt nicht zur Datei.',
    next: 'Hol die Datei erneut bei ihrem Autor. Sie wurde nach dem Signieren geändert, oder ihrem Schlüssel wird hier nicht vertraut.',
  },
  KEY_INVALID: {
    message: 'Das ist kein Ed25519-Schlüssel.',
    next: 'Erzeuge ein Schlüsselpaar mit `lanspread catalog keygen`.',
  },
  // Netz
  BAD_MESSAGE: {
    message: 'Ein anderer PC hat eine Nachricht gesendet, die nicht zum Protokoll gehört.',
    next: nothingToDo,
  },
  FRAME_TOO_LARGE: { message: 'Ein anderer PC hat eine zu große Nachricht gesendet.', next: nothingToDo },
  INCOMPATIBLE_PEER: {
    message: 'Der andere PC verwendet eine andere Protokollversion.',
    next: 'Installiere auf beiden PCs dieselbe Version von Lanspread.',
  },
  ROOM_CLOSED: {
    message: 'Der Raum ist geschlossen, und die beiden PCs haben verschiedene Raumschlüssel.',
    next: 'Wähle in den Einstellungen auf beiden PCs denselben Raumschlüssel, dann starte Lanspread neu.',
  },
  ROOM_KEY_INVALID: {
    message: 'Der Raumschlüssel ist nicht verwendbar.',
    next: 'Wähle eine Datei mit 32 zufälligen Bytes, auf jedem PC im Raum dieselbe.',
  },
  SELF_CONNECT: { message: 'Diese Adresse ist dieser PC selbst.', next: 'Gib die Adresse eines anderen PCs an.' },
  INVALID_ADDRESS: {
    message: 'Das ist keine gültige Adresse.',
    next: 'Gib einen Namen oder eine IP-Adresse ein, oder eine Adresse aus `lanspread peers`, etwa /ip4/192.168.1.5/udp/4001/quic-v1.',
  },
  PEER_UNREACHABLE: {
    message: 'Der andere PC ist nicht erreichbar.',
    next: 'Prüfe, ob Lanspread dort läuft und keine Firewall es blockiert (`lanspread doctor`).',
  },
  PEER_GONE: {
    message: 'Der andere PC ist nicht mehr da.',
    next: 'Der Download geht weiter, sobald ein PC mit diesem Spiel wieder da ist.',
  },
  PEER_TIMEOUT: {
    message: 'Der andere PC hat nicht rechtzeitig geantwortet.',
    next: 'Versuche es erneut. Passiert es wieder, hilft `lanspread doctor`.',
  },
  TOO_MANY_REQUESTS: {
    message: 'Der andere PC ist ausgelastet.',
    next: 'Du musst nichts tun. Lanspread versucht es erneut.',
  },
  // Was ein anderer PC hergibt
  GAME_NOT_FOUND: { message: 'Der andere PC hat diese Version des Spiels nicht.', next: otherPc },
  MANIFEST_PENDING: {
    message: 'Der andere PC prüft dieses Spiel noch.',
    next: 'Lanspread wartet darauf.',
  },
  MANIFEST_MISMATCH: { message: 'Der andere PC hat unter dieser Version andere Dateien.', next: otherPc },
  NOT_SERVED: { message: 'Der andere PC teilt das nicht.', next: otherPc },
  BLOCK_NOT_AVAILABLE: { message: 'Der andere PC hat diesen Block noch nicht.', next: otherPc },
  // Laden
  NO_PEERS: {
    message: 'Kein PC hier hat diese Version.',
    next: 'Warte, bis jemand da ist, der sie hat.',
  },
  MANIFEST_TIE: {
    message: 'Die PCs haben verschiedene Dateien dieses Spiels, und es ist nicht klar, welche stimmen.',
    next: 'Frag die genannten Leute, welche Kopie stimmt, und wähle sie, oder lösche die falsche.',
  },
  MANIFEST_INVALID: {
    message: 'Die Dateiliste dieses Spiels ist nicht gültig.',
    next: 'Hol das Spiel von einem anderen PC: Der Absender der Liste ist defekt oder böswillig.',
  },
  NO_SOUND_SOURCE: {
    message: 'Die restlichen Blöcke kommen von jedem PC beschädigt an.',
    next: 'Lass das Spiel auf dem genannten PC prüfen, dann versuche es erneut.',
  },
  BLOCK_CORRUPT: {
    message: 'Ein Block passt nicht zu seiner Prüfsumme.',
    next: 'Lanspread holt ihn von einem anderen PC.',
  },
  // Installieren
  NO_ARCHIVE: { message: 'Der Download enthält nichts zum Installieren.', next: 'Prüfe den Download.' },
  NO_UNPACKER: {
    message: 'Keine installierte Erweiterung kann dieses Archiv öffnen.',
    next: 'Installiere eine Erweiterung, die es öffnet.',
  },
  ARCHIVE_CORRUPT: { message: 'Das Archiv ist beschädigt.', next: 'Repariere den Download.' },
  ARCHIVE_ENCRYPTED: {
    message: 'Das Archiv hat ein Passwort.',
    next: 'Lösche den Download, und bitte um eine Kopie ohne Passwort.',
  },
  ARCHIVE_HOSTILE: {
    message: 'Das Archiv will außerhalb seines Ordners schreiben oder diesen PC überlasten.',
    next: 'Lösche den Download, und sag der Person Bescheid, die es gepackt hat.',
  },
  UNPACKER_FAILED: {
    message: 'Das Archiv ließ sich nicht entpacken.',
    next: 'Prüfe den Download. Einzelheiten stehen im Protokoll.',
  },
  ARCHIVE_UNSUITABLE: {
    message: 'Das Archiv enthält etwas, das sich unter Windows nicht speichern lässt.',
    next: 'Bitte die Person, die es gepackt hat, die genannte Datei umzubenennen.',
  },
  ARCHIVE_UNSUPPORTED: {
    message: 'Das Archiv ist mit einem Verfahren gepackt, das der Entpacker nicht kennt.',
    next: 'Bitte die Person, die es gepackt hat, um ein anderes Format, oder installier eine Erweiterung, die es öffnet. Reparieren hilft nicht.',
  },
  VOLUME_MISSING: {
    message: 'Ein Teil des Archivs fehlt.',
    next: 'Bitte die Person, die es gepackt hat, um den genannten Teil. Reparieren hilft nicht: Das Spiel ist auf jedem PC so.',
  },
  // Erweiterungen
  EXTENSION_INVALID: {
    message: 'Das ist keine gültige Erweiterung.',
    next: 'Hol sie erneut bei ihrem Autor, oder korrigiere das genannte Feld.',
  },
  EXTENSION_INCOMPATIBLE: {
    message: 'Die Erweiterung ist für eine andere Version von Lanspread gemacht.',
    next: 'Nimm eine passende Version der Erweiterung, oder aktualisiere Lanspread.',
  },
  UNKNOWN_EXTENSION: {
    message: 'Es gibt keine Erweiterung mit dieser Kennung.',
    next: '`lanspread extension list` nennt die Kennungen.',
  },
  EXTENSION_BUILT_IN: { message: 'Diese Erweiterung gehört zu Lanspread.', next: 'Schalte sie stattdessen aus.' },
  EXTENSION_DISABLED: {
    message: 'Die Erweiterung ist ausgeschaltet.',
    next: 'Schalte sie ein. Wurde sie wegen Abstürzen ausgeschaltet, aktualisiere sie.',
  },
  EXTENSION_FAILED: {
    message: 'Die Erweiterung meldet einen Fehler.',
    next: 'Sag ihrem Autor, was im Protokoll steht, oder nimm eine andere Erweiterung.',
  },
  EXTENSION_CRASHED: {
    message: 'Die Erweiterung ist abgestürzt.',
    next: 'Versuche es erneut: Sie startet von selbst neu. Nach drei Abstürzen in fünf Minuten wird sie ausgeschaltet.',
  },
  EXTENSION_TIMEOUT: {
    message: 'Die Erweiterung hat nicht rechtzeitig geantwortet.',
    next: 'Versuche es erneut. Passiert es wieder, sag es ihrem Autor.',
  },
  EXTENSION_MISBEHAVED: {
    message: 'Die Erweiterung hat gegen die Regeln für Erweiterungen verstoßen.',
    next: 'Schalte sie aus, und sag ihrem Autor, was im Protokoll steht.',
  },
  // Der Rest
  INTERNAL: { message: 'Etwas ist schiefgelaufen.', next: 'Bitte melde den Fehler zusammen mit dem Protokoll.' },
};
