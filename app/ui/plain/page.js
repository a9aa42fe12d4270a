// The plain page: the library as cards with one working button each. It keeps one list, fed by the snapshot and its
// patches; what runs is an overlay on it.
const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? sessionStorage.getItem('token') ?? '';
if (token) sessionStorage.setItem('token', token);
history.replaceState(null, '', location.pathname);

const $ = (id) => document.getElementById(id);
const games = new Map();
const progress = new Map();
const cards = new Map();
let peerCount = 0;
let filter = 'all';
let found;

const filters = {
  all: ['All games', () => true],
  installed: ['Installed', (game) => game.installed],
  downloaded: ['Downloaded', (game) => game.downloaded],
  available: ['Available now', (game) => game.peerCount > 0],
  updates: ['Updates', (game) => game.updateAvailable],
};

const sizeFormat = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
function size(bytes) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${sizeFormat.format(value)} ${units[unit]}`;
}
const percent = (done, total) => (total > 0 ? Math.floor((done / total) * 100) : 0);
const peers = (count) => (count === 1 ? '1 peer' : `${count} peers`);

/** JSON-RPC over one WebSocket; it connects again by itself, and asks for the whole list then. */
let socket;
let nextId = 1;
let retryMs = 500;
const calls = new Map();

function connect() {
  socket = new WebSocket(`ws://${location.host}/rpc`, ['lanspread', `token.${token}`]);
  socket.onopen = async () => {
    retryMs = 500;
    $('banner').hidden = true;
    await reload();
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.method === 'event') onEvent(message.params);
    else if (calls.has(message.id)) {
      const { resolve, reject } = calls.get(message.id);
      calls.delete(message.id);
      if (message.error) reject(message.error);
      else resolve(message.result);
    }
  };
  socket.onclose = () => {
    for (const { reject } of calls.values()) reject({ message: 'The connection was lost.' });
    calls.clear();
    tell(
      token
        ? 'The connection to Lanspread was lost. Trying again…'
        : 'Open this page with the address that Lanspread printed: it carries the key.',
    );
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 10_000);
  };
}

function call(method, params = {}) {
  return new Promise((resolve, reject) => {
    const id = nextId++;
    calls.set(id, { resolve, reject });
    socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
  });
}

let revision = 0;
async function reload() {
  const [list, status] = await Promise.all([call('listGames'), call('status')]);
  ({ revision } = list);
  peerCount = status.peerCount;
  games.clear();
  for (const game of list.games) games.set(game.id, game);
  render();
}

function onEvent(event) {
  if (event.event === 'games-changed') {
    if (event.revision > revision + 1) return void reload();
    ({ revision } = event);
    for (const game of event.upserts) games.set(game.id, game);
    for (const id of event.removed) games.delete(id);
    for (const game of event.upserts) if (!game.operation) progress.delete(game.id);
    scheduleRender();
  } else if (event.event === 'download-progress') {
    progress.set(event.gameId, {
      done: event.downloadedBytes,
      total: event.totalBytes,
      speed: event.bytesPerSecond,
      eta: event.etaSeconds,
      peers: event.activePeers,
    });
    scheduleRender();
  } else if (event.event === 'install-progress' || event.event === 'update-progress') {
    progress.set(event.gameId, { done: event.bytes, total: event.totalBytes });
    scheduleRender();
  } else if (event.event === 'install-begin' || event.event === 'update-begin') progress.delete(event.gameId);
  else if (event.event === 'peer-count-changed') {
    peerCount = event.count;
    scheduleRender();
  }
}

/** What the one button of a game says and does. */
function actionOf(game) {
  const running = progress.get(game.id);
  const share = running ? percent(running.done, running.total) : 0;
  const busy = {
    Installing: 'Installing',
    Updating: 'Updating',
    Streaming: 'Streaming',
    Uninstalling: 'Uninstalling',
    Removing: 'Removing',
    Verifying: 'Verifying',
    Repairing: 'Repairing',
  };
  switch (game.operation?.kind) {
    case 'CheckingPeers':
      return { label: 'Checking…', side: ['✕', 'cancel', 'Cancel'] };
    case 'Queued':
      return { label: `Queued #${game.operation.queuePosition ?? ''}`, side: ['✕', 'cancel', 'Cancel'] };
    case 'Downloading':
      return { label: `${share} % · ${size(running?.speed ?? 0)}/s`, fill: share, side: ['✕', 'cancel', 'Cancel'] };
    case 'Playing':
      return { label: 'Stop', command: 'stop' };
    case undefined:
      break;
    default:
      return { label: `${busy[game.operation.kind]} ${share} %`, fill: share };
  }
  if (game.lastFailure)
    return {
      label: 'Retry',
      kind: 'get',
      command: game.resumable ? 'resume' : retryOf(game),
      side: game.resumable ? ['Discard', 'cancel'] : undefined,
    };
  if (game.resumable) return { label: 'Resume', kind: 'get', command: 'resume', side: ['Discard', 'cancel'] };
  if (game.installed && game.updateAvailable)
    return { label: 'Update', kind: 'get', command: 'update', side: ['Uninstall', 'uninstall'] };
  if (game.installed) return { label: 'Installed', side: ['Uninstall', 'uninstall'] };
  if (game.downloaded && !game.updateAvailable)
    return { label: 'Install', kind: 'get', command: 'install', side: ['Remove', 'removeDownload'] };
  if (game.peerCount > 0) return { label: 'Get', kind: 'get', command: 'download' };
  return { label: '–' };
}
const retryOf = (game) => (game.installed ? 'update' : game.downloaded ? 'install' : 'download');

function lineOf(game) {
  if (game.lastFailure && !game.operation) return game.lastFailure.message;
  if (game.resumable && !game.operation)
    return `Kept ${percent(game.resumable.bytes, game.resumable.totalBytes)} % of ${size(game.resumable.totalBytes)}`;
  if (game.updateAvailable) return `${game.installedVersion ?? game.localVersion} → ${game.version}`;
  if (game.installed) return game.downloaded ? 'Installed · shared with the room' : 'Installed';
  if (game.downloaded) return `${size(game.sizeBytes)} · shared with the room`;
  if (game.peerCount > 0) return `${size(game.sizeBytes)} · ${peers(game.peerCount)}`;
  return 'Nobody has it now';
}

async function press(game, command) {
  if (command === 'uninstall' && !confirm(`Uninstall ${game.title}? Saved games in its folder are deleted with it.`))
    return;
  if (
    command === 'removeDownload' &&
    !confirm(`Remove the downloaded files of ${game.title} (${size(game.sizeBytes)})?`)
  )
    return;
  try {
    await call(command, { gameId: game.id });
    $('banner').hidden = true;
  } catch (error) {
    tell(`${game.title}: ${error.message}`);
  }
}

function tell(text) {
  $('banner').textContent = text;
  $('banner').hidden = false;
}

let scheduled = false;
function scheduleRender() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    render();
  });
}

function render() {
  const all = [...games.values()].sort((a, b) => a.title.localeCompare(b.title));
  const shown = all.filter((game) => filters[filter][1](game) && (!found || found.has(game.id)));
  $('room').textContent = `${peers(peerCount)} online`;
  $('filters').replaceChildren(
    ...Object.entries(filters).map(([name, [label, accept]]) => filterButton(name, label, all.filter(accept).length)),
  );
  const list = $('games');
  for (const [index, game] of shown.entries()) {
    const card = cardOf(game);
    if (list.children[index] !== card) list.insertBefore(card, list.children[index] ?? null);
    paint(card, game);
  }
  while (list.children.length > shown.length) list.lastElementChild.remove();
  $('empty').hidden = shown.length > 0;
  $('empty').textContent =
    all.length > 0
      ? 'No game fits.'
      : 'The catalog is empty. Import one with `lanspread catalog import <file>`, or try `lanspread demo`.';
  renderTransfers();
}

function filterButton(name, label, count) {
  const button = document.createElement('button');
  button.setAttribute('aria-pressed', String(filter === name));
  button.append(label, Object.assign(document.createElement('span'), { textContent: count }));
  button.onclick = () => {
    filter = name;
    render();
  };
  return button;
}

function cardOf(game) {
  const known = cards.get(game.id);
  if (known) return known;
  const card = $('card').content.firstElementChild.cloneNode(true);
  const image = card.querySelector('img');
  image.onerror = () => (image.hidden = true);
  image.src = `covers/${game.id}`;
  const hue = [...game.id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  card.querySelector('.cover').style.background =
    `linear-gradient(150deg, hsl(${hue} 60% 38%), hsl(${(hue + 60) % 360} 55% 16%))`;
  cards.set(game.id, card);
  return card;
}

function paint(card, game) {
  const { label, kind = '', command, fill = 0, side } = actionOf(game);
  card.querySelector('h2').textContent = game.title;
  card.querySelector('b').textContent = game.title;
  const line = card.querySelector('.line');
  line.textContent = lineOf(game);
  line.classList.toggle('failed', Boolean(game.lastFailure && !game.operation));
  const main = card.querySelector('.main');
  main.className = `main ${kind}`;
  main.disabled = !command;
  main.querySelector('span').textContent = label;
  main.querySelector('i').style.width = `${fill}%`;
  main.setAttribute('aria-label', `${label}: ${game.title}`);
  main.onclick = () => press(game, command);
  const other = card.querySelector('.side');
  other.hidden = !side;
  if (side) {
    [other.textContent] = side;
    other.setAttribute('aria-label', `${side[2] ?? side[0]}: ${game.title}`);
    other.title = side[2] ?? side[0];
    other.onclick = () => press(game, side[1]);
  }
}

function renderTransfers() {
  const running = [...games.values()].filter((game) => game.operation?.kind === 'Downloading' && progress.has(game.id));
  const parts = running.flatMap((game) => {
    const { done, total, speed, eta, peers: sources } = progress.get(game.id);
    const rest = eta === undefined ? '' : ` · ${Math.floor(eta / 60)}:${String(Math.floor(eta % 60)).padStart(2, '0')}`;
    const text = ` ${percent(done, total)} % · ${size(done)} of ${size(total)} · ${size(speed)}/s${rest} · ${peers(sources)}  `;
    return [Object.assign(document.createElement('strong'), { textContent: game.title }), text];
  });
  $('transfers').replaceChildren(...(parts.length > 0 ? parts : ['Nothing is being transferred.']));
}

let searching = 0;
$('search').addEventListener('input', async ({ target }) => {
  const query = target.value.trim();
  const own = ++searching;
  const ids = query ? (await call('searchGames', { query })).ids : undefined;
  if (own !== searching) return;
  found = ids && new Set(ids);
  render();
});
document.addEventListener('keydown', (event) => {
  if (event.target === document.body && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey)
    $('search').focus();
});

connect();
