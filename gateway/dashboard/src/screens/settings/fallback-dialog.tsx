import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { call } from '../../api/client.ts';
import { Button } from '../../components/button.tsx';
import { ErrorCard } from '../../components/card.tsx';
import { Dialog } from '../../components/dialog.tsx';
import formStyles from '../../components/form.module.css';
import { LabelledText } from '../../components/labelled-field.tsx';
import { useToast } from '../../components/toast.tsx';
import { useChoicesOf } from '../../components/use-choices.ts';

/** A model, and the models after it. */
export interface Chain {
  model: string;
  next: readonly string[];
}

/** The fallbacks of one model. */
export function FallbackDialog({ chain, onClose }: { chain: Chain; onClose: () => void }): ReactNode {
  const isNew = chain.model === '';
  const choices = useChoicesOf('models.list');
  const toast = useToast();
  const change = useFallbackChange();
  const [model, setModel] = useState(chain.model);
  const [next, setNext] = useState(chain.next);
  const [error, setError] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const move = (at: number, by: number): void =>
    setNext((list) => list.toSpliced(at, 1).toSpliced(at + by, 0, list[at] ?? ''));
  const send = async (list: readonly string[] | undefined, done: string): Promise<void> => {
    setBusy(true);
    try {
      await change(model.trim(), list);
      toast({ text: done });
      onClose();
    } catch (failed) {
      setError(failed);
      setBusy(false);
    }
  };
  const save = (event: FormEvent): void => {
    event.preventDefault();
    const named = next.map((one) => one.trim()).filter((one) => one !== '');
    void send(named, `The fallbacks of ${model.trim()} are saved`);
  };
  return (
    <Dialog title={isNew ? 'Add fallbacks' : `Fallbacks of ${chain.model}`} onClose={onClose}>
      <form className={formStyles.form} onSubmit={save}>
        {isNew ? (
          <LabelledText
            label="Model"
            help="Its own name, or provider/model."
            required
            choices={choices}
            value={model}
            onChange={(event) => setModel(event.target.value)}
          />
        ) : null}
        <fieldset className={formStyles.plain}>
          <legend className={formStyles.label}>Models to try next, in their order</legend>
          <div className={formStyles.form}>
            {next.map((one, at) => (
              <div key={at} className={formStyles.row}>
                <LabelledText
                  label={`Fallback ${at + 1}`}
                  bare
                  choices={choices}
                  value={one}
                  onChange={(event) => setNext(next.with(at, event.target.value))}
                />
                <Button small disabled={at === 0} aria-label={`Move ${one} up`} onClick={() => move(at, -1)}>
                  ↑
                </Button>
                <Button
                  small
                  disabled={at === next.length - 1}
                  aria-label={`Move ${one} down`}
                  onClick={() => move(at, 1)}
                >
                  ↓
                </Button>
                <Button small aria-label={`Remove ${one}`} onClick={() => setNext(next.toSpliced(at, 1))}>
                  Remove
                </Button>
              </div>
            ))}
            {next.length === 0 ? (
              <p className={formStyles.help}>None: a call for this model fails where the model fails.</p>
            ) : null}
            <div className={formStyles.buttons}>
              <Button small onClick={() => setNext([...next, ''])}>
                Add a model
              </Button>
            </div>
          </div>
        </fieldset>
        {error === undefined ? null : <ErrorCard error={error} />}
        <div className={formStyles.buttons}>
          <Button type="submit" kind="primary" disabled={isBusy || model.trim() === ''}>
            Save
          </Button>
          {isNew ? null : (
            <Button disabled={isBusy} onClick={() => void send(undefined, `${model} has the usual fallbacks`)}>
              Use the gateway’s own
            </Button>
          )}
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

/** Changes one entry of the map as it is now: a change that a colleague has saved before stays, one of the same second may not. */
function useFallbackChange(): (model: string, next: readonly string[] | undefined) => Promise<void> {
  const queries = useQueryClient();
  return async (model, next) => {
    const { [model]: _before, ...others } = await call('fallbacks.get', {});
    await call('fallbacks.set', next === undefined ? others : { ...others, [model]: [...next] });
    await queries.invalidateQueries({ queryKey: ['operation'] });
  };
}
