/** The token that the shell hands over in the address's fragment. It is kept for reloads of this window only, and never sent. */
const key = 'lanspread-token';

export function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    keepToken(given);
    // Out of sight, and out of the history.
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(key) ?? '';
}

export function keepToken(token: string): void {
  sessionStorage.setItem(key, token);
}
