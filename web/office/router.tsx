import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type AnyRoute,
} from '@tanstack/react-router';
import { Problem } from '../shared/api/problem';
import { forgetPerson } from './api/forgetPerson';
import { lookupsQuery } from './api/getLookups';
import { meQuery } from './api/getMe';
import { queryClient, whenSignedOut } from './api/queryClient';
import { jobsQuery } from './api/queryJobs';
import { filterOf, parseJobsSearch, parseQueryString, sortOf, writeQueryString } from './model/jobSearch';
import { safeReturnTo } from './model/returnTo';
import { LostPage, ScreenError } from './shell/ScreenError';
import { Shell } from './shell/Shell';
import { dropMessages } from './ui/undo';

const root = createRootRoute({ component: Outlet });

const DOORS = ['/sign-in', '/set-up', '/set-password'];

/** Whether nobody needs to be signed in there. The path is one within the app. */
export function isDoor(path: string): boolean {
  return DOORS.some((door) => path.startsWith(door));
}

interface SignInSearch {
  /** Where the person wanted to go, a path within the app. */
  to?: string;
  /** Whether they were in, and are no more. */
  ended?: true;
}

const signIn = createRoute({
  getParentRoute: () => root,
  path: 'sign-in',
  validateSearch: (raw: Record<string, unknown>): SignInSearch => ({
    ...(typeof raw['to'] === 'string' && { to: safeReturnTo(raw['to']) }),
    ...(raw['ended'] === true && { ended: true }),
  }),
  component: lazyRouteComponent(() => import('./screens/sign-in/SignIn'), 'SignIn'),
});

const setUp = createRoute({
  getParentRoute: () => root,
  path: 'set-up',
  component: lazyRouteComponent(() => import('./screens/set-up/SetUp'), 'SetUp'),
});

const setPassword = createRoute({
  getParentRoute: () => root,
  path: 'set-password',
  component: lazyRouteComponent(() => import('./screens/set-password/SetPassword'), 'SetPassword'),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        const to = safeReturnTo(location.href);
        throw redirect({ to: '/sign-in', search: to === '/jobs' ? {} : { to }, replace: true });
      }
      throw error;
    }
    void queryClient.prefetchQuery(lookupsQuery);
  },
  component: Shell,
});

const index = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/jobs', replace: true });
  },
});

const jobs = createRoute({
  getParentRoute: () => shell,
  path: 'jobs',
  validateSearch: parseJobsSearch,
  component: lazyRouteComponent(() => import('./screens/jobs/Jobs'), 'Jobs'),
});

const JOB_TABS = ['details', 'notes', 'history'] as const;
type JobTab = (typeof JOB_TABS)[number];

const job = createRoute({
  getParentRoute: () => shell,
  path: 'jobs/$uuid',
  validateSearch: (raw: Record<string, unknown>): { tab?: JobTab } => {
    const tab = JOB_TABS.find((one) => one === raw['tab']);
    return tab === undefined || tab === 'details' ? {} : { tab };
  },
  component: lazyRouteComponent(() => import('./screens/job/Job'), 'Job'),
});

const lost = createRoute({ getParentRoute: () => shell, path: '$', component: LostPage });

export const router = createRouter({
  routeTree: root.addChildren([signIn, setUp, setPassword, shell.addChildren([index, jobs, job, lost])]),
  basepath: '/app',
  parseSearch: parseQueryString,
  stringifySearch: writeQueryString,
  defaultPreload: 'intent',
  defaultErrorComponent: ScreenError,
  defaultNotFoundComponent: LostPage,
  // The lists keep their own places, by filter and order.
  scrollRestoration: false,
  // A screen that is not there within this time shows its skeleton rather than the last screen.
  defaultPendingMs: 200,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

/** Load the code and the list of the screen in the address, side by side with asking who is signed in. */
export function preloadScreen(): void {
  for (const match of router.matchRoutes(router.latestLocation)) {
    if (match.routeId === jobs.id) {
      const search = parseJobsSearch(match.search);
      // A window that moves with the calendar needs the organisation's zone first.
      if (search.when === undefined)
        void queryClient.prefetchQuery(jobsQuery(filterOf(search, ''), sortOf(search)));
    }
    void router.loadRouteChunk(
      router.routesById[match.routeId as keyof typeof router.routesById] as AnyRoute,
    );
  }
}

whenSignedOut(() => {
  const { pathname, href } = router.latestLocation;
  if (isDoor(pathname)) return;
  const wasIn = queryClient.getQueryData(meQuery.queryKey) !== undefined;
  forgetPerson();
  dropMessages();
  const to = safeReturnTo(href);
  void router.navigate({
    to: '/sign-in',
    search: { ...(to !== '/jobs' && { to }), ...(wasIn && { ended: true }) },
    replace: true,
  });
});
