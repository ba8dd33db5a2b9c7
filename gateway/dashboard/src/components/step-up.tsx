import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/browser';
import { type ReactNode, useState } from 'react';
import { request } from '../api/client.ts';
import { Button } from './button.tsx';
import { LabelledText } from './labelled-field.tsx';
import styles from './parts.module.css';

/** Proves once more who is there, for a change that cannot be taken back: by a code, a password or a passkey. */
export function StepUp(): ReactNode {
  const [proof, setProof] = useState('');
  const [state, setState] = useState('');
  const confirm = async (body: () => Promise<object>): Promise<void> => {
    try {
      await request('POST', '/auth/step-up', await body());
      setState('Confirmed. Now try again.');
    } catch (error) {
      setState(error instanceof Error ? error.message : String(error));
    }
  };
  const send = (): void => {
    const typed = proof.trim();
    void confirm(async () => (/^\d{6}$/.test(typed) ? { code: typed } : { password: proof }));
  };
  const touch = async (): Promise<object> => {
    const { startAuthentication } = await import('@simplewebauthn/browser');
    const options = await request('POST', '/auth/step-up/options', {});
    return { passkey: await startAuthentication({ optionsJSON: options as PublicKeyCredentialRequestOptionsJSON }) };
  };
  return (
    // No form of its own: it appears inside the form whose change needs the proof.
    <div className={styles.stack}>
      <LabelledText
        label="Code of your app, or password"
        type="password"
        autoComplete="one-time-code"
        value={proof}
        onChange={(event) => setProof(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          send();
        }}
      />
      <div className={styles.row}>
        <Button small disabled={proof === ''} onClick={send}>
          Confirm
        </Button>
        <Button small onClick={() => void confirm(touch)}>
          Confirm with a passkey
        </Button>
      </div>
      {state === '' ? null : <p role="status">{state}</p>}
    </div>
  );
}
