import { createContext, type ReactNode, use, useMemo, useState } from 'react';
import { findOperation } from '../api/operations.ts';
import { Answer, hasSecret } from '../components/answer.tsx';
import { Dialog } from '../components/dialog.tsx';
import { OperationForm } from '../components/operation-form.tsx';
import { useToast } from '../components/toast.tsx';
import { canOpen, noteOf, outcomeOf } from './form-words.ts';

/** A form that opens over whatever is on screen. */
export interface FormRequest {
  operation: string;
  title?: string;
  submit?: string;
  fixed?: Readonly<Record<string, unknown>>;
  initial?: Readonly<Record<string, unknown>>;
  only?: readonly string[];
  confirmName?: string;
  /** Said when it is done; the answer is shown where it holds a secret or a link. */
  done?: string | ((answer: unknown) => string);
  /** Help for a field in this place, where that of the contract says more than is asked for. */
  help?: Readonly<Record<string, string>>;
  /** The link of the answer is on screen already. */
  hidesLink?: boolean;
}

const OverlayContext = createContext<(request: FormRequest) => void>(() => {});

/** Opens the form of an operation in a dialog. */
export function useFormDialog(): (request: FormRequest) => void {
  return use(OverlayContext);
}

export function OverlayProvider({ children }: { children: ReactNode }): ReactNode {
  const [request, setRequest] = useState<FormRequest | undefined>();
  const [opened, setOpened] = useState(0);
  const open = useMemo(
    () => (next: FormRequest) => {
      // A form over another one begins empty.
      setOpened((before) => before + 1);
      setRequest(next);
    },
    [],
  );
  return (
    <OverlayContext value={open}>
      {children}
      {request === undefined ? null : (
        <FormDialog key={opened} request={request} onClose={() => setRequest(undefined)} />
      )}
    </OverlayContext>
  );
}

function FormDialog({ request, onClose }: { request: FormRequest; onClose: () => void }): ReactNode {
  const [answer, setAnswer] = useState<unknown>();
  const toast = useToast();
  const operation = findOperation(request.operation);
  if (operation === undefined) return null;
  const { title = operation.label, done, hidesLink = false, operation: _id, ...form } = request;
  const onDone = (given: unknown): void => {
    if (!hidesLink && hasSecret(given)) setAnswer(given);
    else {
      toast({ text: (typeof done === 'function' ? done(given) : done) ?? `Done: ${operation.label}` });
      onClose();
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      {answer === undefined ? (
        <OperationForm operation={operation} note={noteOf(operation.id)} {...form} onDone={onDone} onCancel={onClose} />
      ) : (
        <Answer
          answer={answer}
          outcome={outcomeOf(operation.id, answer)}
          opens={canOpen(operation.id)}
          onClose={onClose}
        />
      )}
    </Dialog>
  );
}
