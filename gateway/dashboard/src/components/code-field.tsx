import type { ReactNode } from 'react';
import { LabelledText } from './labelled-field.tsx';

interface CodeFieldProps {
  value: string;
  onChange: (code: string) => void;
  help?: string;
}

/** The six digits of an authenticator app. */
export function CodeField({ value, onChange, help }: CodeFieldProps): ReactNode {
  return (
    <LabelledText
      label="Code"
      inputMode="numeric"
      autoComplete="one-time-code"
      help={help}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
