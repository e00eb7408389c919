// Runs before the first paint, so that nobody is flashed with the other theme. The key is the one in theme.ts.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem('firstfix.theme');
  } catch {
    // Storage is switched off: the system decides.
  }
  var dark = chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
