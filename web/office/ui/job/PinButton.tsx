import { Button } from '@mantine/core';
import { IconPin, IconPinFilled } from '@tabler/icons-react';
import type { JobDetail } from '../../../shared/api/types';
import { usePin } from '../usePin';

/** Keeps a job on this person's own list of pinned ones. Not there for those who may not pin. */
export function PinButton({ job }: { job: JobDetail }) {
  const pin = usePin();
  if (!job.abilities.pin && !job.is_pinned) return null;
  const Icon = job.is_pinned ? IconPinFilled : IconPin;
  return (
    <Button
      size="compact-sm"
      variant={job.is_pinned ? 'light' : 'default'}
      leftSection={<Icon size={15} stroke={1.8} aria-hidden />}
      aria-pressed={job.is_pinned}
      title={job.is_pinned ? 'Unpin (Shift P)' : 'Pin (Shift P)'}
      onClick={() => pin(job, !job.is_pinned)}
    >
      Pin
    </Button>
  );
}
