import { define } from '../define.ts';

/** Who plays what in the room. */
export const playing = define({
  en: {
    'playing.badge': { one: '{count} plays it now', other: '{count} play it now' },
    'playing.by': 'Played now by {names}',
    'playing.more': { one: '{count} other', other: '{count} others' },
    'playing.join': 'Play, too',
    'playing.now': { one: '{count} plays now', other: '{count} play now' },
    'room.plays': 'Plays now',
    'settings.tellPlaying': 'Tell what is played here',
    'settings.tellPlaying.hint':
      'Others in the room see which games run on this PC while they run, and nothing about you beyond that.',
  },
  de: {
    'playing.badge': { one: '{count} spielt es gerade', other: '{count} spielen es gerade' },
    'playing.by': 'Gerade gespielt von {names}',
    'playing.more': { one: '{count} anderen', other: '{count} anderen' },
    'playing.join': 'Mitspielen',
    'playing.now': { one: '{count} spielt gerade', other: '{count} spielen gerade' },
    'room.plays': 'Spielt gerade',
    'settings.tellPlaying': 'Verraten, was hier gespielt wird',
    'settings.tellPlaying.hint':
      'Andere im Raum sehen, welche Spiele auf diesem PC laufen, solange sie laufen, und darüber hinaus nichts über dich.',
  },
});
