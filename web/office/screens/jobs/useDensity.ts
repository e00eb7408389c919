import { useLocalStorage } from '@mantine/hooks';
import type { Density } from '../../ui/grid/ViewMenu';

/** How close the rows stand, remembered by this browser. */
export function useDensity(): [Density, (density: Density) => void] {
  const [density, setDensity] = useLocalStorage<Density>({
    key: 'firstfix.jobs.density',
    defaultValue: 'comfortable',
    getInitialValueInEffect: false,
    deserialize: (value) => (value === 'compact' ? 'compact' : 'comfortable'),
    serialize: (value) => value,
  });
  return [density, setDensity];
}
