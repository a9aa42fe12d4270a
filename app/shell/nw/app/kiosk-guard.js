// Runs in the launcher's window before the page's own scripts, which close the same ways out once they run. While the
// page says that it is a kiosk: no context menu, nothing dropped, no zoom, and of the keys only those that stay inside.
(() => {
  const isLocked = () => document.documentElement?.dataset.kiosk === 'locked';
  const stays = new Set([
    'a',
    'c',
    'v',
    'x',
    'y',
    'z',
    'k',
    'control',
    'meta',
    'shift',
    'backspace',
    'delete',
    'enter',
  ]);
  const refuse = (event) => {
    if (!isLocked()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const name of ['contextmenu', 'dragstart', 'dragover', 'drop']) addEventListener(name, refuse, true);
  addEventListener('wheel', (event) => (event.ctrlKey || event.metaKey) && refuse(event), {
    capture: true,
    passive: false,
  });
  addEventListener(
    'keydown',
    (event) => {
      const key = event.key.toLowerCase();
      const isTyped = event.ctrlKey && event.altKey && !event.metaKey;
      const withCommand = (event.ctrlKey || event.metaKey) && !isTyped;
      const isFunctionKey = /^f\d{1,2}$/.test(key) || key === 'contextmenu';
      const isMoving = /^(?:arrow(?:left|right|up|down)|home|end)$/.test(key);
      const isBack = event.altKey && !event.ctrlKey && /^(?:arrowleft|arrowright|home|[a-z])$/.test(key);
      if (isFunctionKey || isBack || (withCommand && !isMoving && (event.shiftKey || !stays.has(key)))) refuse(event);
    },
    true,
  );
})();
