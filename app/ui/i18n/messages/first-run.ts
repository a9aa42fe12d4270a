import { define } from '../define.ts';

export const firstRun = define({
  en: {
    'first.title': 'Welcome',
    'first.text': 'One game library for everyone here: if one PC has a game, every PC can get it. Quick setup:',
    'first.step': 'Step {step} of 2',
    'first.name': 'Your name',
    'first.name.hint': 'Other players see it. You can change it at any time.',
    'first.language': 'Language',
    'first.next': 'Next',
    'first.folder.title': 'Where should your games go?',
    'first.folder.text':
      'Choose a disk with plenty of space. Games that are already in the folder stay and are listed.',
    'first.folder': 'Games folder',
    'first.start': 'Start',
    'first.starting': 'Starting…',
    'first.enter': 'Press Enter to continue',
  },
  de: {
    'first.title': 'Willkommen',
    'first.text':
      'Eine gemeinsame Bibliothek für alle hier: Hat ein PC ein Spiel, können alle es holen. Nur zwei kurze Fragen:',
    'first.step': 'Schritt {step} von 2',
    'first.name': 'Dein Name',
    'first.name.hint': 'Andere Spieler sehen ihn. Du kannst ihn jederzeit ändern.',
    'first.language': 'Sprache',
    'first.next': 'Weiter',
    'first.folder.title': 'Wohin mit deinen Spielen?',
    'first.folder.text':
      'Wähle ein Laufwerk mit viel Platz. Spiele, die schon im Ordner liegen, bleiben und erscheinen in der Liste.',
    'first.folder': 'Spieleordner',
    'first.start': 'Los geht’s',
    'first.starting': 'Startet …',
    'first.enter': 'Weiter mit Enter',
  },
});
