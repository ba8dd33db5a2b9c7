import { type FormEvent, type ReactNode, useRef, useState } from 'react';
import { useChange } from '../../api/queries.ts';
import { useSession } from '../../api/session.ts';
import { Answer } from '../../components/answer.tsx';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { focusFault } from '../../components/focus-fault.ts';
import { LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { useToast } from '../../components/toast.tsx';

export interface Channel {
  name: string;
  title: string;
  label: string;
  help: string;
  /** Put before what is typed. */
  prefix: string;
  /** Said at the field where it does not hold an address of this kind. */
  wrong: string;
  fits: RegExp;
  /** Its deliveries are signed: the secret is shown once. */
  isSigned: boolean;
  /** Its owner confirms it first: before, there is nothing to test. */
  isConfirmed?: boolean;
}

export const channels: readonly Channel[] = [
  {
    name: 'Slack',
    title: 'Alerts in Slack',
    label: 'Webhook URL',
    help: 'In Slack: Apps, Incoming Webhooks, Add to Slack. It begins with https://hooks.slack.com/.',
    prefix: '',
    wrong: 'Paste the whole address from Slack: it begins with https://.',
    fits: /^https?:\/\/\S+$/,
    isSigned: false,
  },
  {
    name: 'E-mail',
    title: 'Alerts by e-mail',
    label: 'E-mail',
    help: 'The address gets one mail with a link. Once that is opened, alerts arrive.',
    prefix: 'mailto:',
    wrong: 'Write one address, such as ada@agency.example.',
    fits: /^[^\s@]+@[^\s@]+$/,
    isSigned: false,
    isConfirmed: true,
  },
  {
    name: 'Webhook',
    title: 'Alerts by webhook',
    label: 'Webhook URL',
    help: 'Deliveries are signed as Standard Webhooks: keep the secret that is shown once.',
    prefix: '',
    wrong: 'Write the whole address: it begins with https://.',
    fits: /^https?:\/\/\S+$/,
    isSigned: true,
  },
];

const events = ['budget.threshold_reached', 'budget.exceeded', 'scenario.paused', 'provider.failed_over'] as const;

/** Adds a channel and sends a test alert to it at once; to an address that is to be confirmed, the mail for that. */
export function ChannelDialog({ channel, onClose }: { channel: Channel; onClose: () => void }): ReactNode {
  const { person } = useSession();
  const [address, setAddress] = useState(channel.isConfirmed ? person.email : '');
  const form = useRef<HTMLFormElement>(null);
  const [fault, setFault] = useState<string>();
  const create = useChange('webhooks.create');
  const test = useChange('webhooks.test');
  const toast = useToast();
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!channel.fits.test(address.trim())) {
      setFault(channel.wrong);
      return focusFault(form.current);
    }
    try {
      // A test that failed is sent again, and adds no second channel.
      const { id, status: state } =
        create.data ??
        (await create.mutateAsync({
          url: `${channel.prefix}${address.trim()}`,
          events: [events[0], events[1], events[2]],
        }));
      if (state === 'unconfirmed') {
        toast({ text: `${address.trim()} has mail: alerts arrive once the link in it is opened` });
        return onClose();
      }
      const { status } = await test.mutateAsync({ id });
      toast({
        text:
          status === 'delivered'
            ? `${channel.name} gets alerts from now on: a test alert has arrived`
            : `${channel.name} is saved, but the test alert has not arrived yet`,
      });
      if (!channel.isSigned) onClose();
    } catch {
      // The card below says why.
    }
  };
  return (
    <Dialog title={channel.title} onClose={onClose}>
      {create.isSuccess && channel.isSigned ? (
        <Answer answer={create.data} onClose={onClose} />
      ) : (
        <form ref={form} className={styles.stack} onSubmit={(event) => void save(event)}>
          <LabelledText
            label={channel.label}
            help={channel.help}
            fault={fault}
            value={address}
            autoComplete="off"
            onChange={(event) => {
              create.reset();
              setFault(undefined);
              setAddress(event.target.value);
            }}
          />
          {create.isError ? <ErrorCard error={create.error} /> : null}
          {test.isError ? <ErrorCard error={test.error} /> : null}
          <div className={styles.row}>
            <Button type="submit" kind="primary" disabled={create.isPending || test.isPending || address.trim() === ''}>
              {channel.isConfirmed ? 'Save' : 'Save and test'}
            </Button>
            <Button onClick={onClose}>Cancel</Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
