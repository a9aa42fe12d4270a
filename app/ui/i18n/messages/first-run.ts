import { define } from '../define.ts';

export const firstRun = define({
  en: {
    'first.title': 'Welcome to the room',
    'first.text': 'One library for everybody here: what one PC has, all can get. Two questions and you are in.',
    'first.step': 'Step {step} of 2',
    'first.name': 'Your name',
    'first.name.hint': 'Others see it. You can change it at any time.',
    'first.language': 'Language',
    'first.next': 'Next',
    'first.folder.title': 'Where shall your games go?',
    'first.folder.text': 'Take a disk with room to spare. What is in the folder already is kept and listed.',
    'first.folder': 'Games folder',
    'first.start': 'Start',
    'first.starting': 'Starting…',
    'first.enter': 'Enter goes on',
  },
  de: {
    'first.title': 'Willkommen im Raum',
    'first.text': 'Eine Bibliothek für alle hier: Was ein PC hat, können alle holen. Zwei Fragen, dann bist du drin.',
    'first.step': 'Schritt {step} von 2',
    'first.name': 'Dein Name',
    'first.name.hint': 'Andere sehen ihn. Du kannst ihn jederzeit ändern.',
    'first.language': 'Sprache',
    'first.next': 'Weiter',
    'first.folder.title': 'Wohin mit deinen Spielen?',
    'first.folder.text': 'Nimm eine Platte, die Platz hat. Was schon im Ordner ist, bleibt und wird gelistet.',
    'first.folder': 'Spieleordner',
    'first.start': 'Los geht’s',
    'first.starting': 'Startet …',
    'first.enter': 'Enter geht weiter',
  },
});
