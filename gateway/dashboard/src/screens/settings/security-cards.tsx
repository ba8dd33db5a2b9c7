import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/browser';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { call, request } from '../../api/client.ts';
import { useChange, useRead } from '../../api/queries.ts';
import { Button } from '../../components/button.tsx';
import { Card, ErrorCard, Loaded } from '../../components/card.tsx';
import { CodeField } from '../../components/code-field.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { Table } from '../../components/table.tsx';
import { useToast } from '../../components/toast.tsx';
import { When } from '../../components/when.tsx';
import { useFormDialog } from '../../frame/overlay.tsx';

/** How a person proves to be that person: passkeys, an authenticator app, a password. */
export function SecurityCards(): ReactNode {
  return (
    <>
      <PasskeyCard />
      <TotpCard />
      <PasswordCard />
    </>
  );
}

function PasskeyCard(): ReactNode {
  const passkeys = useRead('me.passkeys.list', {});
  const queries = useQueryClient();
  const toast = useToast();
  const openForm = useFormDialog();
  const [error, setError] = useState<unknown>();
  const add = async (): Promise<void> => {
    try {
      const { startRegistration } = await import('@simplewebauthn/browser');
      const options = await call('me.passkeys.prepare', {});
      const response = await startRegistration({
        optionsJSON: options as unknown as PublicKeyCredentialCreationOptionsJSON,
      });
      await request('POST', '/v1/me/passkeys', { name: deviceName(), response });
      await queries.invalidateQueries({ queryKey: ['operation'] });
      setError(undefined);
      toast({ text: 'The passkey is added' });
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Card
      title="Passkeys"
      actions={
        <Button small onClick={() => void add()}>
          Add
        </Button>
      }
    >
      {error === undefined ? null : <ErrorCard error={error} />}
      <Loaded query={passkeys}>
        {({ data }) => (
          <Table
            stacked
            caption="Passkeys"
            columns={[
              { key: 'name', title: 'Name', cell: ({ name }) => <bdi>{name}</bdi> },
              { key: 'made', title: 'Added', cell: ({ created_at: at }) => <When at={at} /> },
              {
                key: 'used',
                title: 'Last used',
                cell: ({ last_used_at: at }) => (at === null ? 'never' : <When at={at} />),
              },
              {
                key: 'do',
                title: '',
                cell: ({ id, name }) => (
                  <Button
                    small
                    kind="danger"
                    aria-label={`Delete ${name}`}
                    onClick={() =>
                      openForm({
                        operation: 'me.passkeys.remove',
                        title: `Delete ${name}`,
                        fixed: { id },
                        confirmName: name,
                        submit: 'Delete',
                      })
                    }
                  >
                    Delete
                  </Button>
                ),
              },
            ]}
            rows={data}
            rowKey={({ id }) => id}
            empty="No passkey yet. A passkey signs you in with a touch, and cannot be phished."
          />
        )}
      </Loaded>
    </Card>
  );
}

function TotpCard(): ReactNode {
  const begin = useChange('me.totp.create');
  const verify = useChange('me.totp.verify');
  const [code, setCode] = useState('');
  const send = (event: FormEvent): void => {
    event.preventDefault();
    verify.mutate({ code: code.trim() });
  };
  return (
    <Card title="Authenticator app">
      <div className={styles.stack}>
        {verify.isSuccess ? (
          <>
            <p>The app is connected. Keep these codes: each signs you in once without it.</p>
            <pre>{verify.data.recovery_codes.join('\n')}</pre>
          </>
        ) : begin.isSuccess ? (
          <form className={formStyles.form} onSubmit={send}>
            <p>
              Enter this key in the app: <code>{begin.data.secret}</code>
            </p>
            <CodeField value={code} onChange={setCode} />
            {verify.isError ? <ErrorCard error={verify.error} /> : null}
            <div className={styles.row}>
              <Button type="submit" kind="primary" disabled={verify.isPending}>
                Confirm
              </Button>
            </div>
          </form>
        ) : (
          <>
            <p className={styles.muted}>A code of an app beside your password.</p>
            {begin.isError ? <ErrorCard error={begin.error} /> : null}
            <div className={styles.row}>
              <Button disabled={begin.isPending} onClick={() => begin.mutate({})}>
                Connect an app
              </Button>
            </div>
          </>
        )}
      </div>
    </Card>
  );
}

function PasswordCard(): ReactNode {
  const toast = useToast();
  const [password, setPassword] = useState('');
  const [current, setCurrent] = useState('');
  const [error, setError] = useState<unknown>();
  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    try {
      await request('PUT', '/v1/me/password', { password, ...(current !== '' && { current_password: current }) });
      setPassword('');
      setCurrent('');
      setError(undefined);
      toast({ text: 'The password is changed. Other sessions have ended.' });
    } catch (fault) {
      setError(fault);
    }
  };
  return (
    <Card title="Password">
      <form className={formStyles.form} onSubmit={(event) => void save(event)}>
        <LabelledText
          label="Current password"
          help="Leave it empty if you have none yet."
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={(event) => setCurrent(event.target.value)}
        />
        <LabelledText
          label="New password"
          help="Ten characters or more."
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        {error === undefined ? null : <ErrorCard error={error} />}
        <div className={styles.row}>
          <Button type="submit" disabled={password === ''}>
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}

function deviceName(): string {
  const platform = /Windows|Mac OS|Android|iPhone|iPad|Linux/.exec(navigator.userAgent)?.[0] ?? 'This device';
  return platform === 'Mac OS' ? 'Mac' : platform;
}
