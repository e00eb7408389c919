import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useShortcuts } from '../ui/shortcuts';
import { useUndoKey } from '../ui/undo';
import { ConnectionBanner } from './ConnectionBanner';
import { MailBanner } from './MailBanner';
import { Nav } from './Nav';
import classes from './shell.module.css';
import { TopBar } from './TopBar';

const Finder = lazy(() => import('./Finder').then((module) => ({ default: module.Finder })));
const NavDrawer = lazy(() => import('./NavDrawer').then((module) => ({ default: module.NavDrawer })));
const ShortcutList = lazy(() =>
  import('./ShortcutList').then((module) => ({ default: module.ShortcutList })),
);

/** Everything around a screen: navigation, search, account, and the keys that act anywhere. */
export function Shell() {
  const navigate = useNavigate();
  // The dialogs stay mounted after the first time, so that they close with their transition.
  const [finder, setFinder] = useState<boolean | null>(null);
  const [drawer, setDrawer] = useState<boolean | null>(null);
  const [help, setHelp] = useState<boolean | null>(null);

  const main = useRef<HTMLElement>(null);
  const pathname = useLocation({ select: (location) => location.pathname });
  const shownPath = useRef(pathname);

  // Another screen: reading and tabbing go on from its beginning.
  useEffect(() => {
    if (shownPath.current !== pathname) main.current?.focus({ preventScroll: true });
    shownPath.current = pathname;
  }, [pathname]);

  useUndoKey();
  useShortcuts(
    {
      'mod+k': () => setFinder((open) => !open),
      'g j': () => void navigate({ to: '/jobs' }),
      '?': () => setHelp(true),
    },
    ['mod+k'],
  );

  return (
    <div className={classes['shell']}>
      <a className={classes['skip']} href="#main">
        Skip to the content
      </a>
      <nav className={classes['nav']} aria-label="Main">
        <Nav />
      </nav>
      <TopBar onMenu={() => setDrawer(true)} onFind={() => setFinder(true)} onHelp={() => setHelp(true)} />
      <main ref={main} id="main" className={classes['main']} tabIndex={-1}>
        <ConnectionBanner />
        <MailBanner />
        <div className={classes['screen']}>
          <Outlet />
        </div>
      </main>
      <Suspense>
        {drawer !== null && <NavDrawer opened={drawer} onClose={() => setDrawer(false)} />}
        {finder !== null && (
          <Finder opened={finder} onClose={() => setFinder(false)} onHelp={() => setHelp(true)} />
        )}
        {help !== null && <ShortcutList opened={help} onClose={() => setHelp(false)} />}
      </Suspense>
    </div>
  );
}
