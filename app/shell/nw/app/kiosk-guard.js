// Runs in the launcher's window before the page's own scripts. While the page says that it is a kiosk, what would lead
// out of it does nothing: the context menu, printing, saving, the page source, a new window, developer tools.
(() => {
  const isLocked = () => document.documentElement?.dataset.kiosk === 'locked';
  const blocked = new Set(['p', 's', 'u', 'o', 'n', 't', 'w', 'j', 'r']);
  addEventListener('contextmenu', (event) => isLocked() && event.preventDefault(), true);
  addEventListener('dragstart', (event) => isLocked() && event.preventDefault(), true);
  addEventListener(
    'keydown',
    (event) => {
      if (!isLocked()) return;
      const withCommand = event.ctrlKey || event.metaKey;
      const isFunctionKey = event.key === 'F12' || event.key === 'F5' || event.key === 'F11';
      if (!isFunctionKey && !(withCommand && blocked.has(event.key.toLowerCase()))) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
})();
