import { Button, Checkbox, Textarea } from '@mantine/core';
import { IconAlertTriangle, IconMail, IconNotes, IconPaperclip, IconPinFilled } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { JobNote } from '../../../shared/api/types';
import { agoText, exactText } from '../../../shared/format';
import { fileUrl, notesQuery, useAddNote } from '../../api/jobNotes';
import { Avatar, StateMessage } from '../../ui/parts';
import { reasonText } from '../../ui/undo';
import { useNow } from '../../ui/useNow';
import jobClasses from './job.module.css';
import classes from './notes.module.css';

interface Props {
  uuid: string;
  zone: string;
  mayWrite: boolean;
}

/** What people wrote on a job, and a box to write more. Pinned notes stand first, then the newest. */
export function Notes({ uuid, zone, mayWrite }: Props) {
  return (
    <div className={classes['notes']}>
      {mayWrite && <Composer uuid={uuid} />}
      <List uuid={uuid} zone={zone} />
    </div>
  );
}

function Composer({ uuid }: { uuid: string }) {
  const [text, setText] = useState('');
  const [sendsMail, setSendsMail] = useState(false);
  const add = useAddNote(uuid);
  const isEmpty = text.trim() === '';

  function submit(event: FormEvent): void {
    event.preventDefault();
    if (isEmpty || add.isPending) return;
    add.mutate(
      { text, sends_mail: sendsMail },
      {
        onSuccess: () => {
          setText('');
          setSendsMail(false);
        },
      },
    );
  }

  return (
    <form className={classes['composer']} onSubmit={submit}>
      <Textarea
        label="New note"
        autosize
        minRows={3}
        maxRows={12}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        error={add.error && reasonText(add.error)}
      />
      <div className={classes['send']}>
        <Checkbox
          label="Send it by e-mail"
          description="To the contractor, the agent and the contacts of this job. Their answers come back as notes."
          checked={sendsMail}
          onChange={(event) => setSendsMail(event.currentTarget.checked)}
        />
        <Button type="submit" disabled={isEmpty} loading={add.isPending}>
          {sendsMail ? 'Add and send' : 'Add note'}
        </Button>
      </div>
    </form>
  );
}

function List({ uuid, zone }: { uuid: string; zone: string }) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery(
    notesQuery(uuid),
  );
  const notes = data?.pages.flatMap((page) => page.notes) ?? [];

  if (error !== null && data === undefined) {
    return (
      <StateMessage
        icon={<IconAlertTriangle size={28} stroke={1.4} aria-hidden />}
        title="The notes could not be loaded"
        actions={<Button onClick={() => void refetch()}>Try again</Button>}
      >
        {reasonText(error)}
      </StateMessage>
    );
  }
  if (data === undefined) {
    return (
      <div className={jobClasses['bones']} role="status" aria-label="Loading the notes">
        {['40%', '65%', '45%', '60%'].map((width) => (
          <span key={width} style={{ width }} />
        ))}
      </div>
    );
  }
  if (notes.length === 0) {
    return (
      <StateMessage icon={<IconNotes size={28} stroke={1.4} aria-hidden />} title="No notes yet">
        What the office, contractors and agents write on this job, and answers by e-mail, will be listed here.
      </StateMessage>
    );
  }
  return (
    <>
      <ol className={classes['list']} aria-label="Notes, pinned ones first, then the newest">
        {notes.map((note) => (
          <Entry key={note.id} note={note} zone={zone} />
        ))}
      </ol>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Load earlier notes
        </Button>
      )}
    </>
  );
}

function Entry({ note, zone }: { note: JobNote; zone: string }) {
  const at = new Date(note.created_at);
  const name = note.author_name ?? 'Somebody';
  return (
    <li className={classes['entry']}>
      <Avatar name={name} large />
      <article className={classes['note']}>
        <header className={classes['line']}>
          <b>{name}</b>
          {note.is_pinned && (
            <span className={classes['mark']}>
              <IconPinFilled size={12} aria-hidden /> Pinned
            </span>
          )}
          {(note.source === 'email' || note.sends_mail) && (
            <span className={classes['mark']}>
              <IconMail size={12} stroke={1.8} aria-hidden />
              {note.source === 'email' ? 'By e-mail' : 'Sent by e-mail'}
            </span>
          )}
          <time className={classes['when']} dateTime={note.created_at} title={exactText(at, zone)}>
            {agoText(at, useNow(), zone)}
          </time>
        </header>
        {/* The server keeps nothing in it but a few tags without attributes, and links. */}
        <div className={classes['text']} dangerouslySetInnerHTML={{ __html: note.html }} />
        {note.files.length > 0 && (
          <p className={classes['files']}>
            <IconPaperclip size={13} stroke={1.8} aria-hidden />
            <span className="visually-hidden">Files: </span>
            {note.files.map((file) => (
              <a key={file.uuid} href={fileUrl(file.uuid)} target="_blank" rel="noreferrer">
                {file.file_name}
              </a>
            ))}
          </p>
        )}
      </article>
    </li>
  );
}
