import type { ReactNode } from 'react';
import { Button } from '../../components/button.tsx';
import formStyles from '../../components/form.module.css';
import { type Fault, faultUnder } from '../../components/form-values.ts';
import { Entry, LabelledArea, LabelledSelect } from '../../components/labelled-field.tsx';
import { ClientText, DialSelect, ModelText } from '../../components/model-fields.tsx';
import { type ClientDraft, emptyClient } from './auto-draft.ts';

interface ClientFieldsProps {
  clients: readonly ClientDraft[];
  fault: Fault | undefined;
  onChange: (clients: readonly ClientDraft[]) => void;
}

/** Clients whose calls are weighed otherwise. Empty fields are as in the workspace. */
export function ClientFields({ clients, fault, onChange }: ClientFieldsProps): ReactNode {
  return (
    <>
      {clients.map((client, index) => (
        <OneClient
          key={index}
          at={index}
          client={client}
          fault={fault}
          onChange={(next) => onChange(clients.with(index, next))}
          onRemove={() => onChange(clients.filter((_, other) => other !== index))}
        />
      ))}
      <div className={formStyles.buttons}>
        <Button small onClick={() => onChange([...clients, emptyClient()])}>
          Add a client that differs
        </Button>
      </div>
    </>
  );
}

interface OneClientProps {
  at: number;
  client: ClientDraft;
  fault: Fault | undefined;
  onChange: (client: ClientDraft) => void;
  onRemove: () => void;
}

function OneClient({ at, client, fault, onChange, onRemove }: OneClientProps): ReactNode {
  const name = `Client ${at + 1}`;
  const place = `per_client.${client.id.trim()}`;
  const set = (change: Partial<ClientDraft>): void => onChange({ ...client, ...change });
  return (
    <Entry
      title={name}
      fault={fault?.path === place ? fault.message : undefined}
      remove={{ label: `Remove client ${at + 1}`, onRemove }}
    >
      <div className={formStyles.columns}>
        <ClientText
          aria-label={name}
          fault={faultUnder(fault, `clients.${at}`)}
          value={client.id}
          onChange={(event) => set({ id: event.target.value })}
        />
        <DialSelect
          label="Dial"
          empty="As the workspace"
          aria-label={`Dial of client ${at + 1}`}
          value={client.dial}
          onChange={(event) =>
            set({ dial: (['quality', 'balanced', 'cost'] as const).find((one) => one === event.target.value) ?? '' })
          }
        />
        <LabelledSelect
          label="Learning"
          aria-label={`Learning of client ${at + 1}`}
          value={client.learning}
          onChange={(event) =>
            set({ learning: (['on', 'off'] as const).find((one) => one === event.target.value) ?? '' })
          }
        >
          <option value="">As the workspace</option>
          <option value="on">On</option>
          <option value="off">Off: never answered twice</option>
        </LabelledSelect>
        <ModelText
          label="Baseline model"
          aria-label={`Baseline model of client ${at + 1}`}
          fault={faultUnder(fault, `${place}.baseline_model`)}
          value={client.baseline}
          onChange={(event) => set({ baseline: event.target.value })}
        />
        <LabelledArea
          label="Allowed models"
          help="One a line. Empty: as the workspace."
          aria-label={`Allowed models of client ${at + 1}`}
          rows={2}
          fault={faultUnder(fault, `${place}.allowed_models`)}
          value={client.allowed}
          onChange={(event) => set({ allowed: event.target.value })}
        />
      </div>
    </Entry>
  );
}
