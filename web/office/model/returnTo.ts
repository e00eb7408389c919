/**
 * The path to go to after sign-in, within the app: a foreign address never leads anywhere.
 *
 * Browsers read `//host`, `/\host` and paths with control characters as other origins, so the parsed result
 * is compared rather than the text.
 */
export function safeReturnTo(to: string | undefined): string {
  if (to === undefined || !to.startsWith('/')) return '/jobs';
  const base = 'https://app.invalid';
  let url: URL;
  try {
    url = new URL(to, base);
  } catch {
    return '/jobs';
  }
  if (url.origin !== base || url.pathname === '/' || url.pathname.startsWith('/sign-in')) return '/jobs';
  // "/.//host" stays on the origin here, but its path would not when read again.
  if (url.pathname.startsWith('//')) return '/jobs';
  return url.pathname + url.search + url.hash;
}
