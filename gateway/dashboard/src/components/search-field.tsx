import { type ReactNode, useEffect, useRef } from 'react';
import { LabelledText } from './labelled-field.tsx';
import styles from './parts.module.css';

/**
 * A search whose text is in the URL. While it has the focus the typist is ahead of the URL; otherwise the URL rules, as when a saved view is opened.
 */
export function SearchField({ value, onSearch }: { value: string; onSearch: (text: string) => void }): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current !== null && document.activeElement !== input.current) input.current.value = value;
  }, [value]);
  return (
    <div className={`${styles.search} screen-only`}>
      <LabelledText
        ref={input}
        label="Search"
        bare
        placeholder="Search"
        type="search"
        defaultValue={value}
        onChange={(event) => onSearch(event.target.value)}
      />
    </div>
  );
}
