import { vi } from 'vitest';

// Formats must not depend on where the tests run.
vi.mock('./shared/locale', () => ({ locale: 'en-GB', browserZone: 'Europe/London' }));
