import { define } from '../define.ts';

export const queue = define({
  en: {
    'queue.title': 'Queue',
    'queue.running': 'In progress',
    'queue.waiting': 'Waiting',
    'queue.paused': 'Paused',
    'queue.empty.title': 'The queue is empty',
    'queue.empty.text': 'Press Get on a game to download it. You can follow it here.',
    'queue.why.turn': { one: 'Waiting (limit: {count} at a time)', other: 'Waiting (limit: {count} at a time)' },
    'queue.why.paused': 'You paused it, or the PCs that have it left. It continues when they are back.',
    'queue.up': 'Move {title} up',
    'queue.down': 'Move {title} down',
    'queue.drag': 'Drag to change the order',
    'queue.moved': '{title} is now number {place}',
    'queue.hint': 'Drag to reorder, or press Alt with the arrow keys.',
  },
  de: {
    'queue.title': 'Warteschlange',
    'queue.running': 'Läuft gerade',
    'queue.waiting': 'Wartet',
    'queue.paused': 'Pausiert',
    'queue.empty.title': 'Die Warteschlange ist leer',
    'queue.empty.text': 'Klicke bei einem Spiel auf „Holen“. Hier siehst du dann den Fortschritt.',
    'queue.why.turn': {
      one: 'Wartet (höchstens {count} gleichzeitig)',
      other: 'Wartet (höchstens {count} gleichzeitig)',
    },
    'queue.why.paused':
      'Du hast angehalten, oder die PCs mit dem Spiel sind weg. Sobald sie wieder da sind, geht es weiter.',
    'queue.up': '{title} nach oben',
    'queue.down': '{title} nach unten',
    'queue.drag': 'Ziehen, um die Reihenfolge zu ändern',
    'queue.moved': '{title} ist jetzt Nummer {place}',
    'queue.hint': 'Ziehe eine Zeile, oder drücke Alt mit den Pfeiltasten.',
  },
});
