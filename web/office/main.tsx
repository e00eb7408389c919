import './styles';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { meQuery } from './api/getMe';
import { queryClient } from './api/queryClient';
import { isDoor, preloadScreen, router } from './router';
import { colorSchemeManager, cssVariables, theme } from './theme';

// Asked for at once, side by side with the code of the screen.
if (!isDoor(location.pathname.replace(/^\/app/, ''))) {
  void queryClient.prefetchQuery(meQuery);
}
preloadScreen();

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');
createRoot(root).render(
  <MantineProvider
    theme={theme}
    cssVariablesResolver={cssVariables}
    colorSchemeManager={colorSchemeManager}
    defaultColorScheme="auto"
  >
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
      {/* Above the bar that ends every list. */}
      <Notifications position="bottom-right" limit={3} autoClose={6000} style={{ marginBottom: 34 }} />
    </QueryClientProvider>
  </MantineProvider>,
);
