import { isGatewayError } from '@ai-gateway/shared/errors';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useId } from 'react';
import { Button } from './button.tsx';
import styles from './card.module.css';
import { join } from './join.ts';
import { StepUp } from './step-up.tsx';

interface CardProps {
  title: ReactNode;
  /** Buttons and links on the right of the title. */
  actions?: ReactNode;
  children: ReactNode;
  className?: string | undefined;
}

/** A region with a heading. Cards load and fail alone. */
export function Card({ title, actions, children, className }: CardProps): ReactNode {
  const id = useId();
  return (
    <section className={join(styles.card, className)} aria-labelledby={id}>
      <div className={styles.head}>
        <h2 id={id}>{title}</h2>
        {actions === undefined ? null : <div className={styles.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

/** Shows an answer once it is there, a breathing place until then, and the API's words when it fails. */
export function Loaded<Data>({
  query,
  children,
}: {
  query: UseQueryResult<Data>;
  children: (data: Data) => ReactNode;
}): ReactNode {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <ErrorCard error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className={styles.loading} role="status">
      <span className="visually-hidden">Loading</span>
    </div>
  );
}

/** A refusal in the API's words, with the id that the logs have it under. */
export function ErrorCard({ error, retry }: { error: unknown; retry?: () => void }): ReactNode {
  const requestId = isGatewayError(error) ? error.requestId : undefined;
  return (
    <div className={styles.error} role="alert">
      <p>{messageOf(error)}</p>
      {isGatewayError(error) && error.code === 'step_up_required' ? <StepUp /> : null}
      {isGatewayError(error) && error.details?.reason === 'second_factor_required' ? (
        <a href="/app/settings/security">Add a second factor</a>
      ) : null}
      {requestId === undefined ? null : <p className={styles.id}>Request {requestId}</p>}
      {retry === undefined ? null : (
        <Button small onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

export function messageOf(error: unknown): string {
  if (isGatewayError(error)) return error.message;
  if (error instanceof TypeError) return 'The gateway does not answer. Check the connection, then try again.';
  return error instanceof Error ? error.message : String(error);
}
