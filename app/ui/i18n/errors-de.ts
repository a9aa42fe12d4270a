import type { ErrorCode } from '../../core/rpc/client.ts';

export interface ErrorText {
  readonly message: string;
  readonly next: string;
}

const otherPc = 'Ein anderer PC wird genommen.';
const nothingToDo = 'Nichts: Die Verbindung wurde geschlossen.';

/** Complete: a test holds it to the core's table. A code that is not here is told in English. */
export const errorsDe: Partial<Record<ErrorCode, ErrorText>> = {
  // Befehle
  BAD_REQUEST: {
    message: 'Die Anfrage ist fehlerhaft.',
    next: 'Korrigiere das genannte Feld und schick sie noch einmal.',
  },
  UNKNOWN_COMMAND: { message: 'Diesen Befehl gibt es nicht.', next: '`lanspread --help` nennt die Befehle.' },
  NOT_IN_CATALOG: {
    message: 'Der Katalog kennt kein solches Spiel.',
    next: 'Prüf die Kennung, oder importiere einen Katalog, der es nennt.',
  },
  NOT_DOWNLOADED: { message: 'Das Spiel ist auf diesem PC nicht geladen.', next: 'Hol es zuerst.' },
  NOT_INSTALLED: { message: 'Das Spiel ist auf diesem PC nicht installiert.', next: 'Installiere es zuerst.' },
  INSTALLED: { message: 'Das Spiel ist installiert.', next: 'Deinstalliere es zuerst.' },
  ALREADY_DOWNLOADED: { message: 'Die gewünschte Version ist schon hier.', next: 'Installiere oder spiel sie.' },
  UP_TO_DATE: {
    message: 'Installiert ist schon die gewünschte Version.',
    next: 'Es gibt nichts zu aktualisieren; spiel los.',
  },
  NOT_RESUMABLE: {
    message: 'Von diesem Spiel gibt es keinen abgebrochenen oder pausierten Download.',
    next: 'Beginn stattdessen einen neuen.',
  },
  OPERATION_IN_PROGRESS: {
    message: 'Mit diesem Spiel geschieht gerade schon etwas anderes.',
    next: 'Warte, bis es fertig ist, oder brich es ab.',
  },
  NO_OPERATION: {
    message: 'Mit diesem Spiel geschieht gerade nichts.',
    next: 'Es gibt nichts abzubrechen oder anzuhalten.',
  },
  OPERATIONS_ACTIVE: {
    message: 'Diese Einstellung kann sich nicht ändern, solange etwas läuft.',
    next: 'Warte darauf oder brich es ab, dann versuch es nochmal.',
  },
  UNKNOWN_SETTING: { message: 'Diese Einstellung gibt es nicht.', next: 'Die Namen stehen in den Einstellungen.' },
  SHUTTING_DOWN: { message: 'Lanspread wird gerade beendet.', next: 'Starte Lanspread noch einmal.' },
  CANCELLED: { message: 'Der Vorgang wurde abgebrochen.', next: 'Beginn ihn wieder, wann du willst.' },
  NOT_REMOVABLE: {
    message: 'Die geladenen Dateien lassen sich jetzt nicht entfernen.',
    next: 'Sieh dir den Grund an; deinstalliere zuerst oder brich ab.',
  },
  NOT_SUPPORTED: {
    message: 'Diese Version von Lanspread kann das noch nicht.',
    next: 'Nimm einen anderen Weg oder eine neuere Version.',
  },
  // Spielen
  NO_LAUNCH: {
    message: 'Der Katalog sagt nicht, wie dieses Spiel hier gestartet wird.',
    next: 'Starte es aus seinem Ordner, oder bitte den Autor des Katalogs um einen Starteintrag.',
  },
  LAUNCH_MISSING: {
    message: 'Das Programm, das dieses Spiel startet, fehlt im installierten Spiel.',
    next: 'Installiere das Spiel neu; fehlt es dann noch, nennt der Katalog die falsche Datei.',
  },
  PLAY_FAILED: {
    message: 'Das Programm des Spiels ließ sich nicht starten.',
    next: 'Starte es aus seinem Ordner: Dann siehst du die Meldung des Systems.',
  },
  // Kiosk
  KIOSK_LOCKED: {
    message: 'Dieser PC ist im Kioskmodus; das darf nur der Betreiber.',
    next: 'Entsperre ihn mit der PIN des Betreibers.',
  },
  KIOSK_PIN_REQUIRED: {
    message: 'Der Kioskmodus braucht eine PIN, um ihn wieder zu verlassen, und keine ist gesetzt.',
    next: 'Setz zuerst eine PIN, dann schalte den Kioskmodus ein.',
  },
  KIOSK_PIN_LOST: {
    message: 'Die PIN dieses PCs ist verloren, weil ihre Datei beschädigt war.',
    next: 'Sieh unter „A lost PIN“ in docs/operators.md nach.',
  },
  WRONG_PIN: { message: 'Das ist nicht die PIN.', next: 'Versuch es noch einmal.' },
  TOO_MANY_ATTEMPTS: { message: 'Die PIN war zu oft falsch.', next: 'Warte eine Weile, dann versuch es noch einmal.' },
  // Zustand und Platte
  STATE_LOCKED: {
    message: 'Ein anderes Lanspread benutzt diesen Zustandsordner schon.',
    next: 'Schließ das andere, oder nimm einen anderen Zustandsordner.',
  },
  STATE_CORRUPT: {
    message: 'Die Datenbank war nicht lesbar.',
    next: 'Nichts: Sie wird aus dem, was auf der Platte liegt, neu aufgebaut.',
  },
  STATE_TOO_NEW: {
    message: 'Die Datenbank stammt von einem neueren Lanspread.',
    next: 'Starte die neuere Version.',
  },
  DISK_FULL: {
    message: 'Es ist nicht genug Platz frei.',
    next: 'Schaff Platz, dann setz fort: Was schon da ist, bleibt.',
  },
  IO_ERROR: {
    message: 'Eine Datei ließ sich nicht lesen oder schreiben.',
    next: 'Prüf die Platte und ihre Rechte, dann versuch es noch einmal.',
  },
  PERMISSION_DENIED: {
    message: 'Der Zugriff auf eine Datei oder einen Ordner wurde verweigert.',
    next: 'Gib deinem Benutzer Zugriff auf den Spieleordner, oder wähl einen anderen.',
  },
  FOLDER_NOT_FOUND: {
    message: 'Der Ordner ist nicht da.',
    next: 'Wähl einen anderen Ordner, oder leg ihn zuerst an.',
  },
  FOLDER_EXISTS: {
    message: 'Etwas mit diesem Namen gibt es schon.',
    next: 'Nimm einen anderen Namen, oder wähl jenen Ordner.',
  },
  GAMES_DIR_LOST: {
    message: 'Der Spieleordner ist nicht da.',
    next: 'Schließ das Laufwerk an, oder wähl einen anderen Spieleordner.',
  },
  INVALID_PATH: {
    message: 'Ein Pfad ist nicht erlaubt.',
    next: 'Woher dieser Pfad kommt, ist etwas kaputt oder böse gemeint; nimm eine andere Quelle.',
  },
  UNSAFE_ROOT: {
    message: 'In den Ordner dieses Spiels darf Lanspread nicht schreiben.',
    next: 'Nimm die Verknüpfung oder Datei dieses Namens aus dem Spieleordner.',
  },
  // Katalog
  CATALOG_INVALID: { message: 'Der Katalog ist nicht gültig.', next: 'Korrigiere das genannte Feld.' },
  CATALOG_NOT_FOUND: { message: 'Die Katalogdatei ist nicht lesbar.', next: 'Prüf den Pfad.' },
  CATALOG_UNSIGNED: {
    message: 'Der Katalog trägt keine Signatur eines Schlüssels, dem dieser PC traut.',
    next: 'Leg den öffentlichen Schlüssel seines Autors in `certs`, oder bitte um eine signierte Fassung.',
  },
  UNKNOWN_CATALOG: {
    message: 'Es gibt keinen Katalog mit dieser Kennung.',
    next: '`lanspread catalog list` nennt die Kennungen.',
  },
  // Signaturen
  SIGNATURE_INVALID: {
    message: 'Die Signatur passt nicht.',
    next: 'Die Datei wurde nach dem Signieren geändert, oder ihrem Schlüssel traut hier niemand: Hol sie noch einmal bei ihrem Autor.',
  },
  KEY_INVALID: {
    message: 'Das ist kein Ed25519-Schlüssel.',
    next: 'Erzeug ein Schlüsselpaar mit `lanspread catalog keygen`.',
  },
  // Netz
  BAD_MESSAGE: { message: 'Ein PC hat etwas gesendet, das nicht zum Protokoll gehört.', next: nothingToDo },
  FRAME_TOO_LARGE: { message: 'Ein PC hat eine zu große Nachricht gesendet.', next: nothingToDo },
  INCOMPATIBLE_PEER: {
    message: 'Der andere PC spricht eine andere Protokollversion.',
    next: 'Bring Lanspread auf beiden PCs auf denselben Stand.',
  },
  ROOM_CLOSED: {
    message: 'Dieser Raum ist geschlossen, und die beiden PCs haben nicht denselben Schlüssel.',
    next: 'Gib beiden PCs in den Einstellungen dieselbe Schlüsseldatei, und starte Lanspread neu.',
  },
  ROOM_KEY_INVALID: {
    message: 'Der Raumschlüssel ist nicht zu gebrauchen.',
    next: 'Nenne eine Datei mit 32 zufälligen Bytes, auf jedem PC des Raums dieselbe.',
  },
  SELF_CONNECT: { message: 'Diese Adresse ist dieser PC selbst.', next: 'Gib die Adresse eines anderen PCs an.' },
  INVALID_ADDRESS: {
    message: 'Das ist keine Multiadresse.',
    next: 'Nimm eine Adresse, wie `lanspread peers` sie zeigt, z. B. /ip4/192.168.1.5/udp/4001/quic-v1.',
  },
  PEER_UNREACHABLE: {
    message: 'Der andere PC ist nicht erreichbar.',
    next: 'Prüf, ob Lanspread dort läuft und keine Firewall dazwischensteht (`lanspread doctor`).',
  },
  PEER_GONE: {
    message: 'Der andere PC ist weg.',
    next: 'Es geht weiter, sobald jemand mit dem Spiel wieder da ist.',
  },
  PEER_TIMEOUT: {
    message: 'Der andere PC hat nicht rechtzeitig geantwortet.',
    next: 'Versuch es noch einmal; bleibt es so, hilft `lanspread doctor`.',
  },
  TOO_MANY_REQUESTS: {
    message: 'Der andere PC ist an seiner Grenze.',
    next: 'Nichts: Es wird von selbst wieder versucht.',
  },
  // Was ein anderer PC hergibt
  GAME_NOT_FOUND: { message: 'Der andere PC hat dieses Spiel nicht in dieser Version.', next: otherPc },
  MANIFEST_PENDING: {
    message: 'Der andere PC berechnet noch die Prüfsummen dieses Spiels.',
    next: 'Es wird gewartet.',
  },
  MANIFEST_MISMATCH: { message: 'Der andere PC hat unter dieser Version einen anderen Inhalt.', next: otherPc },
  NOT_SERVED: { message: 'Der andere PC gibt das nicht her.', next: otherPc },
  BLOCK_NOT_AVAILABLE: { message: 'Der andere PC hat diesen Block (noch) nicht.', next: otherPc },
  // Laden
  NO_PEERS: {
    message: 'Niemand hier hat die gewünschte Version.',
    next: 'Warte, bis jemand da ist, der sie hat.',
  },
  MANIFEST_TIE: {
    message: 'Die PCs haben verschiedene Dateien dieses Spiels, und es ist nicht klar, welche stimmen.',
    next: 'Frag die genannten Leute, welche Kopie stimmt, und wähle sie, oder lösch die falsche.',
  },
  MANIFEST_INVALID: {
    message: 'Die Dateiliste dieses Spiels ist nicht gültig.',
    next: 'Der PC, der sie gesendet hat, ist kaputt oder böswillig; nimm einen anderen.',
  },
  NO_SOUND_SOURCE: {
    message: 'Die restlichen Blöcke kommen von jedem PC beschädigt an.',
    next: 'Lass den genannten PC seine Kopie prüfen, dann setz fort.',
  },
  BLOCK_CORRUPT: {
    message: 'Ein Block passt nicht zu seiner Prüfsumme.',
    next: 'Er wird von einem anderen PC geholt.',
  },
  // Installieren
  NO_ARCHIVE: { message: 'In den geladenen Dateien ist nichts zu installieren.', next: 'Prüf den Download.' },
  NO_UNPACKER: {
    message: 'Dieses Archiv kann hier niemand entpacken.',
    next: 'Installiere eine Erweiterung, die es öffnet.',
  },
  ARCHIVE_CORRUPT: { message: 'Das Archiv ist beschädigt.', next: 'Prüf und reparier den Download.' },
  ARCHIVE_ENCRYPTED: {
    message: 'Das Archiv ist verschlüsselt.',
    next: 'Bitte den, der es gepackt hat, um eine Kopie ohne Passwort.',
  },
  ARCHIVE_HOSTILE: {
    message: 'Das Archiv versucht, außerhalb seines Ordners zu schreiben oder diesen PC zu überlasten.',
    next: 'Entfern es, und sag dem Bescheid, der es gepackt hat.',
  },
  ARCHIVE_UNSUITABLE: {
    message: 'Das Archiv enthält etwas, das sich unter Windows nicht speichern lässt.',
    next: 'Bitte den, der es gepackt hat, die genannte Datei umzubenennen.',
  },
  UNPACKER_FAILED: { message: 'Das Entpacken ist gescheitert.', next: 'Sieh ins Protokoll; prüf den Download.' },
  // Erweiterungen
  EXTENSION_INVALID: {
    message: 'Das ist keine einwandfreie Erweiterung.',
    next: 'Hol sie noch einmal bei ihrem Autor, oder korrigiere das genannte Feld.',
  },
  EXTENSION_INCOMPATIBLE: {
    message: 'Die Erweiterung ist für eine andere Version von Lanspread gemacht.',
    next: 'Nimm eine passende Version der Erweiterung, oder aktualisiere Lanspread.',
  },
  UNKNOWN_EXTENSION: {
    message: 'Es gibt keine Erweiterung mit dieser Kennung.',
    next: '`lanspread extension list` nennt die Kennungen.',
  },
  EXTENSION_BUILT_IN: { message: 'Diese Erweiterung gehört zu Lanspread.', next: 'Schalt sie stattdessen aus.' },
  EXTENSION_DISABLED: {
    message: 'Die Erweiterung ist ausgeschaltet.',
    next: 'Schalt sie ein, oder aktualisiere sie, wenn sie ihrer Abstürze wegen aus ist.',
  },
  EXTENSION_FAILED: {
    message: 'Die Erweiterung ist gescheitert.',
    next: 'Sag ihrem Autor, was im Protokoll steht; vielleicht tut es eine andere.',
  },
  EXTENSION_CRASHED: {
    message: 'Der Prozess der Erweiterung ist zu Ende gegangen.',
    next: 'Versuch es noch einmal, sie startet neu. Nach drei Abstürzen in fünf Minuten wird sie ausgeschaltet.',
  },
  EXTENSION_TIMEOUT: {
    message: 'Die Erweiterung hat nicht rechtzeitig geantwortet.',
    next: 'Versuch es noch einmal; sag es ihrem Autor, wenn es jedes Mal so ist.',
  },
  EXTENSION_MISBEHAVED: {
    message: 'Die Erweiterung hat gegen die Regeln für Erweiterungen verstoßen.',
    next: 'Schalt sie aus, und sag ihrem Autor, was im Protokoll steht.',
  },
  // Der Rest
  INTERNAL: { message: 'Lanspread hat einen Fehler gemacht.', next: 'Bitte melde ihn mit dem Protokoll.' },
};
