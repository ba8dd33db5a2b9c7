import type { OutputOf } from '@ai-gateway/shared/contract';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Bar } from '../../components/bar.tsx';
import styles from '../../components/parts.module.css';
import { When } from '../../components/when.tsx';
import { countForPeople } from '../../format/money.ts';
import { signedPoints } from '../../format/points.ts';
import {
  type Head,
  type Heads,
  headStateOf,
  isLearningAnywhere,
  sayEasy,
  sayGain,
  sayJudged,
  withdrawnOf,
} from './head-words.ts';
import { type Judge, judgeHelp, judgeOf } from './judge-words.ts';

interface HeadNowProps {
  heads: Heads;
  /** Undefined until it is read. */
  auto: OutputOf<'auto.get'> | undefined;
}

/** Where the workspace stands: the version in use with its evidence, or what is missing for one. */
export function HeadNow({ heads, auto }: HeadNowProps): ReactNode {
  const state = headStateOf(heads, auto === undefined || isLearningAnywhere(auto));
  const active = heads.data.find((head) => head.active);
  if (active !== undefined) return <ActiveHead head={active} heads={heads} dial={auto?.dial} />;
  const [newest] = heads.data;
  const withdrawn = state === 'retired' ? undefined : withdrawnOf(heads);
  return (
    <>
      {state === 'retired' ? <Retired heads={heads} /> : null}
      {withdrawn === undefined ? null : <Withdrawn head={withdrawn} />}
      {state === 'waiting' && newest !== undefined && newest !== withdrawn ? <Tried head={newest} /> : null}
      {heads.collected === undefined ? null : (
        <Collected heads={heads} isOff={state === 'off'} judge={auto && judgeOf(auto.learning)} />
      )}
    </>
  );
}

function ActiveHead({
  head,
  heads: { chosen, follows, data },
  dial,
}: {
  head: Head;
  heads: Heads;
  dial: OutputOf<'auto.get'>['dial'] | undefined;
}): ReactNode {
  const { version, model, baseline_model: baseline, gain, active_since: since } = head;
  const easy = dial === undefined ? undefined : sayEasy(head, dial);
  const waiting = follows ? undefined : data.find((one) => one.state === 'inactive' && one.version > version);
  return (
    <>
      <p>
        Version {version} decides calls to auto. Those that it finds easy go to{' '}
        <bdi className={styles.unbroken}>{model}</bdi>. All others go where their task goes: to{' '}
        <bdi className={styles.unbroken}>{baseline}</bdi>, unless its compared pairs prove{' '}
        <bdi className={styles.unbroken}>{model}</bdi>.
      </p>
      <dl className={styles.facts}>
        <Fact name="Better than the tasks alone by">{sayGain(head)}</Fact>
        <Fact name="Judged on">{sayJudged(head)}</Fact>
        {easy === undefined ? null : (
          <Fact name={`Easy with the dial ${dial}`}>
            {easy} calls go to <bdi>{model}</bdi>
          </Fact>
        )}
        {since === null ? null : (
          <Fact name="Active since">
            <When at={since} full />
          </Fact>
        )}
        <Fact name="Newer versions">
          {chosen === null ? (
            'become active by themselves once they are better'
          ) : (
            <>
              wait since <When at={chosen.at} />, chosen by <bdi>{chosen.by.name ?? chosen.by.id}</bdi>
            </>
          )}
        </Fact>
      </dl>
      {gain === null ? null : (
        <p className={styles.muted}>
          Of 100 calls, {signedPoints(gain).replace('+', '')} more of those that <bdi>{model}</bdi> gets wrong go to{' '}
          <bdi>{baseline}</bdi>, which answers no more calls than before.
        </p>
      )}
      {waiting === undefined ? null : <p>Version {waiting.version} is newer and proven. Promote it to use it.</p>}
    </>
  );
}

function Retired({ heads: { chosen } }: { heads: Heads }): ReactNode {
  if (chosen === null) return null;
  return (
    <p>
      No head is used since <When at={chosen.at} />, chosen by <bdi>{chosen.by.name ?? chosen.by.id}</bdi>. Auto looks
      at the tasks alone, and new versions wait.
    </p>
  );
}

function Withdrawn({ head: { version, reason, decided_at: at, created_at: created } }: { head: Head }): ReactNode {
  return (
    <p>
      Version {version} was withdrawn (<When at={at ?? created} />
      ). {reason} Auto looks at the tasks alone until a version is better again.
    </p>
  );
}

function Tried({ head }: { head: Head }): ReactNode {
  return (
    <p>
      The latest attempt, version {head.version} (<When at={head.created_at} />)
      {head.better
        ? `, is not used. ${head.reason ?? ''}`
        : `, was no better than the tasks alone: ${sayGain(head)}. A version is used once the lower end is above 0.`}{' '}
      It is tried again in each hour that brings new pairs, and auto looks at the tasks alone until then.
    </p>
  );
}

interface CollectedProps {
  heads: Heads;
  isOff: boolean;
  judge: Judge | undefined;
}

/** Compared calls so far, and how many are missing. */
function Collected({ heads: { collected }, isOff, judge }: CollectedProps): ReactNode {
  const { calls, needed, tasks, model, baseline_model: baseline } = collected;
  const words = `${countForPeople(calls)} of ${countForPeople(needed)} compared calls`;
  const isEnough = calls >= needed;
  return (
    <>
      {isEnough ? null : <Bar label="Compared calls" used={calls / needed} text={words} />}
      <p>
        {isEnough ? `${countForPeople(calls)} compared calls` : words} of the last 30 days
        {model === null ? null : (
          <>
            , of {tasks === 1 ? '1 task' : `${countForPeople(tasks)} tasks`}: <bdi>{model}</bdi> beside{' '}
            <bdi>{baseline}</bdi>
          </>
        )}
        .
        {isEnough
          ? null
          : ` A head appears once ${countForPeople(needed)} are there and it is better than the tasks alone.`}
      </p>
      <p>
        {isOff ? 'Nothing is compared now. ' : judge === undefined ? null : `${judgeHelp[judge]} `}
        <Link to="/app/routing" search={{ tab: 'auto' }}>
          {isOff ? 'Switch on learning' : 'Change the sample'}
        </Link>
      </p>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <div>
      <dt className={styles.muted}>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
