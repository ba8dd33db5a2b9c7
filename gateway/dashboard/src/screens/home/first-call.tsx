import { type ReactNode, useState } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Tabs } from '../../components/tabs.tsx';
import styles from './home.module.css';

/** How each platform makes a call. The page waits: the call shows as soon as it arrives. */
export function FirstCall({ apiKey }: { apiKey: string | undefined }): ReactNode {
  const [tab, setTab] = useState('curl');
  const { origin } = location;
  const key = apiKey ?? 'YOUR_KEY';
  const command = `curl ${origin}/v1/chat/completions -H "Authorization: Bearer ${key}" -H "Content-Type: application/json" -d '{"model":"auto","messages":[{"role":"user","content":"Hello"}]}'`;
  const tabs = [
    {
      name: 'curl',
      content: (
        <div className={styles.plan}>
          <pre className={styles.code}>{command}</pre>
          <div>
            <CopyButton text={command} label="Copy the command" />
          </div>
        </div>
      ),
    },
    {
      name: 'Make',
      content: (
        <p>
          Add a module of the AI Gateway app, and a connection with the base URL <code>{origin}</code> and your key. Any
          HTTP module works, too: its address is <code>{origin}/v1/chat/completions</code>.
        </p>
      ),
    },
    {
      name: 'n8n',
      content: (
        <p>
          Install the node <code>n8n-nodes-ai-gateway</code>, or use the OpenAI node: its credential takes the base URL{' '}
          <code>{origin}/v1</code> and your key.
        </p>
      ),
    },
    {
      name: 'Zapier',
      content: (
        <p>
          Add a step of the AI Gateway app, and connect it with the base URL <code>{origin}</code> and your key. Zapier
          reaches addresses on the internet only.
        </p>
      ),
    },
  ];
  return (
    <div className={styles.plan}>
      <Tabs label="Platform" tabs={tabs} chosen={tab} onChoose={setTab} />
      <p className={styles.small}>Waiting for the first call …</p>
    </div>
  );
}
