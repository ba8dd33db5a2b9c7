import { type ReactNode, useState } from 'react';
import { CopyButton } from '../../components/copy-button.tsx';
import { Tabs } from '../../components/tabs.tsx';
import { RecipeSteps } from '../connect/recipe-steps.tsx';
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
    { name: 'Make', content: <RecipeSteps way="make" apiKey={apiKey} /> },
    { name: 'n8n', content: <RecipeSteps way="n8n" apiKey={apiKey} /> },
    { name: 'Zapier', content: <RecipeSteps way="zapier" apiKey={apiKey} /> },
  ];
  return (
    <div className={styles.plan}>
      <Tabs label="Platform" tabs={tabs} chosen={tab} onChoose={setTab} />
      <p className={styles.small}>Waiting for the first call …</p>
    </div>
  );
}
