// The core's exit code 3 says that another Lanspread works with the same state folder.
if (new URLSearchParams(location.search).get('code') === '3') {
  document.getElementById('title').textContent = 'Lanspread is running already';
  document.getElementById('text').textContent =
    'Another Lanspread uses the same state folder, perhaps without a window. End it first, or go on there.';
}
