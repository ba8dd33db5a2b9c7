import { ruleBounds } from '@ai-gateway/shared/rules';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import {
  type ConditionDraft,
  emptyGroup,
  emptyLeaf,
  type GroupDraft,
  type Match,
  pathOfItem,
} from './condition-draft.ts';
import styles from './condition-editor.module.css';
import { LeafEditor } from './condition-leaf.tsx';
import type { Fault } from './form-values.ts';
import { Icon } from './icons.tsx';
import { Fault as FaultText, LabelledSelect } from './labelled-field.tsx';

const matchLabels: Readonly<Record<Match, string>> = {
  all: 'All of these are true',
  any: 'At least one of these is true',
  none: 'None of these is true',
  'not all': 'Not all of these are true',
};
const matches = Object.keys(matchLabels) as Match[];

interface GroupProps {
  group: GroupDraft;
  onChange: (group: GroupDraft) => void;
  depth?: number;
  name?: string;
  /** Where it is in the rule: `when`, `all`, 1. */
  path: readonly (string | number)[];
  /** Of the whole rule; each part shows what is its own. */
  fault: Fault | undefined;
  onRemove?: (() => void) | undefined;
}

/** The `when` of a rule: conditions, and groups of them. */
export function GroupEditor({
  group,
  onChange,
  depth = 1,
  name = 'Condition',
  path,
  fault,
  onRemove,
}: GroupProps): ReactNode {
  const { match, items } = group;
  const set = (items: readonly ConditionDraft[]): void => onChange({ ...group, items });
  const replace = (at: number, item: ConditionDraft): void =>
    set(items.map((one, index) => (index === at ? item : one)));
  const remove = (at: number): void => set(items.filter((_, index) => index !== at));
  return (
    <fieldset className={styles.group}>
      <legend className="visually-hidden">{depth === 1 ? 'Conditions' : `${name}: group`}</legend>
      <div className={styles.head}>
        <LabelledSelect
          bare
          label={depth === 1 ? 'Conditions' : `${name}: how they count`}
          value={match}
          onChange={(event) =>
            onChange({ ...group, match: matches.find((one) => one === event.target.value) ?? match })
          }
        >
          {matches.map((one) => (
            <option key={one} value={one}>
              {matchLabels[one]}
            </option>
          ))}
        </LabelledSelect>
        {onRemove === undefined ? null : (
          <Button small kind="quiet" aria-label={`Remove ${name}`} onClick={onRemove}>
            <Icon name="close" size={16} />
          </Button>
        )}
      </div>
      <FaultText>{faultAt(fault, [path, [...path, 'all'], [...path, 'any'], [...path, 'not']])}</FaultText>
      {items.map((item, index) => {
        const own = `${name} ${index + 1}`;
        const below = pathOfItem(group, path, index);
        return item.kind === 'group' ? (
          <GroupEditor
            key={index}
            group={item}
            depth={depth + 1}
            name={own}
            path={below}
            fault={fault}
            onChange={(next) => replace(index, next)}
            onRemove={() => remove(index)}
          />
        ) : (
          <LeafEditor
            key={index}
            leaf={item}
            name={own}
            path={below}
            fault={fault}
            onChange={(next) => replace(index, next)}
            onRemove={() => remove(index)}
          />
        );
      })}
      <div className={styles.buttons}>
        <Button small onClick={() => set([...items, emptyLeaf()])}>
          Add a condition
        </Button>
        {depth < ruleBounds.depth ? (
          <Button small onClick={() => set([...items, emptyGroup()])}>
            Add a group
          </Button>
        ) : null}
      </div>
    </fieldset>
  );
}

/** The fault of a group itself, not that of a part of it. */
function faultAt(fault: Fault | undefined, paths: readonly (readonly (string | number)[])[]): string | undefined {
  return paths.some((path) => path.join('.') === fault?.path) ? fault?.message : undefined;
}
