import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { LabelledArea, LabelledSelect, LabelledText } from '../../components/labelled-field.tsx';
import styles from '../../components/parts.module.css';
import { type MessageDraft, type Role, roles, type VersionDraft } from './version-draft.ts';

interface MessageFieldsProps {
  draft: VersionDraft;
  fault: Fault | undefined;
  onChange: (messages: readonly MessageDraft[]) => void;
}

const roleLabels: Readonly<Record<Role, string>> = {
  system: 'System',
  developer: 'Developer',
  user: 'User',
  assistant: 'Assistant',
};

/** The messages that each call begins with, in their order. */
export function MessageFields({ draft: { messages }, fault, onChange }: MessageFieldsProps): ReactNode {
  const replace = (at: number, message: MessageDraft): void =>
    onChange(messages.map((one, index) => (index === at ? message : one)));
  const swap = (at: number, other: number): void => {
    const [one, two] = [messages[at], messages[other]];
    if (one === undefined || two === undefined) return;
    onChange(messages.map((message, index) => (index === at ? two : index === other ? one : message)));
  };
  return (
    <fieldset className={formStyles.plain}>
      <legend className={formStyles.label}>Messages</legend>
      <div className={styles.stack}>
        {messages.map((message, at) => (
          <div key={at} className={formStyles.group}>
            <div className={styles.row}>
              <LabelledSelect
                bare
                label={`Message ${at + 1}: role`}
                value={message.kind === 'placeholder' ? 'placeholder' : message.role}
                onChange={(event) => replace(at, withRole(message, event.target.value))}
              >
                {roles.map((role) => (
                  <option key={role} value={role}>
                    {roleLabels[role]}
                  </option>
                ))}
                <option value="placeholder">Messages of the call</option>
              </LabelledSelect>
              <Button
                small
                kind="quiet"
                aria-label={`Move message ${at + 1} up`}
                disabled={at === 0}
                onClick={() => swap(at, at - 1)}
              >
                ↑
              </Button>
              <Button
                small
                kind="quiet"
                aria-label={`Move message ${at + 1} down`}
                disabled={at === messages.length - 1}
                onClick={() => swap(at, at + 1)}
              >
                ↓
              </Button>
              <Button
                small
                kind="quiet"
                aria-label={`Remove message ${at + 1}`}
                onClick={() => onChange(messages.filter((_, index) => index !== at))}
              >
                Remove
              </Button>
            </div>
            {message.kind === 'placeholder' ? (
              <LabelledText
                label={`Message ${at + 1}: name of the placeholder`}
                help="The messages of this variable go here, or those of the call."
                fault={faultUnder(fault, `messages.${at}`)}
                placeholder="history"
                value={message.text}
                onChange={(event) => replace(at, { ...message, text: event.target.value })}
              />
            ) : (
              <LabelledArea
                bare
                label={message.kind === 'parts' ? `Message ${at + 1}: parts (JSON)` : `Message ${at + 1}: text`}
                fault={faultUnder(fault, `messages.${at}`)}
                rows={Math.min(16, Math.max(3, message.text.split('\n').length + 1))}
                dir="auto"
                spellCheck={message.kind === 'text'}
                value={message.text}
                onChange={(event) => replace(at, { ...message, text: event.target.value })}
              />
            )}
          </div>
        ))}
        {fault?.path === 'messages' ? (
          <p className={formStyles.fault} role="alert">
            {fault.message.endsWith('.') ? fault.message : `The list of messages ${fault.message}.`}
          </p>
        ) : null}
        <p className={formStyles.help}>
          {'{{name}}'} is replaced by the value of that variable, {'{{> snippet@3}}'} by a snippet when it is saved.
          Write {'\\{{'} for two braces.
        </p>
        <div className={formStyles.buttons}>
          <Button small onClick={() => onChange([...messages, { kind: 'text', role: 'user', text: '' }])}>
            Add a message
          </Button>
        </div>
      </div>
    </fieldset>
  );
}

function withRole(message: MessageDraft, chosen: string): MessageDraft {
  if (chosen === 'placeholder') return { ...message, kind: 'placeholder', text: 'history' };
  const role = roles.find((one) => one === chosen) ?? message.role;
  return message.kind === 'placeholder' ? { kind: 'text', role, text: '' } : { ...message, role };
}
