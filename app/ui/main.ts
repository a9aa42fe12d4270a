import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { link } from './stores/link.ts';
import { router } from './frame/router.svelte.ts';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no place for the launcher.');
router.start();
mount(App, { target });
void link.run();
