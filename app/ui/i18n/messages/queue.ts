import { define } from '../define.ts';

export const queue = define({
  en: {
    'queue.title': 'Queue',
    'queue.running': 'Running now',
    'queue.waiting': 'Waiting',
    'queue.paused': 'Kept for later',
    'queue.empty.title': 'The queue is empty',
    'queue.empty.text': 'Press Get on a game: it shows here while it is fetched.',
    'queue.why.turn': { one: 'Waits: {count} download runs at once', other: 'Waits: {count} downloads run at once' },
    'queue.why.paused': 'Paused, or its peers are gone. It goes on by itself when they are back, or press Resume.',
    'queue.up': 'Move {title} up',
    'queue.down': 'Move {title} down',
    'queue.drag': 'Drag to change the order',
    'queue.moved': '{title} is now number {place}',
    'queue.hint': 'Drag a row, or use the arrow keys with Alt.',
  },
  de: {
    'queue.title': 'Warteschlange',
    'queue.running': 'Läuft gerade',
    'queue.waiting': 'Wartet',
    'queue.paused': 'Für später behalten',
    'queue.empty.title': 'Die Warteschlange ist leer',
    'queue.empty.text': 'Drück bei einem Spiel auf Holen: Hier siehst du, wie es ankommt.',
    'queue.why.turn': {
      one: 'Wartet: {count} Download läuft gleichzeitig',
      other: 'Wartet: {count} Downloads laufen gleichzeitig',
    },
    'queue.why.paused':
      'Pausiert, oder die PCs sind weg. Es geht von selbst weiter, wenn sie wieder da sind, oder drück Fortsetzen.',
    'queue.up': '{title} nach oben',
    'queue.down': '{title} nach unten',
    'queue.drag': 'Ziehen, um die Reihenfolge zu ändern',
    'queue.moved': '{title} ist jetzt Nummer {place}',
    'queue.hint': 'Zieh eine Zeile, oder nimm die Pfeiltasten mit Alt.',
  },
});
