import { fieldsOf } from '@ai-gateway/shared/fields';
import type { Operation } from '@ai-gateway/shared/operation';
import { type ReactNode, useState } from 'react';
import { Answer, hasSecret } from '../../components/answer.tsx';
import { contractText } from '../../components/contract-text.tsx';
import { OperationForm } from '../../components/operation-form.tsx';
import { useToast } from '../../components/toast.tsx';
import styles from './operations.module.css';

/** The form of one operation, and its answer. A file is a download of its own. */
export function OperationPanel({ operation }: { operation: Operation }): ReactNode {
  const [answer, setAnswer] = useState<unknown>();
  const toast = useToast();
  if (operation.isFile === true)
    return (
      <p>
        <a href={operation.path} download>
          Download
        </a>
      </p>
    );
  const isBare = fieldsOf(operation).length === 0;
  return (
    <div className={styles.panel}>
      <p className={styles.description}>{contractText(operation.description)}</p>
      <OperationForm
        operation={operation}
        submit={operation.method === 'GET' ? 'Show' : isBare ? operation.label : 'Save'}
        onDone={(given) => {
          setAnswer(given);
          toast({ text: `Done: ${operation.label}` });
        }}
      />
      {answer === undefined || answer === null ? null : hasSecret(answer) ? (
        <Answer answer={answer} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard.
        <pre className={styles.answer} tabIndex={0}>
          {JSON.stringify(answer, null, 2)}
        </pre>
      )}
    </div>
  );
}
