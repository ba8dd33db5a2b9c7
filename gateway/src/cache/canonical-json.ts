/**
 * JSON with the keys of every object in one order, so that equal values have equal texts. `isExact` is false where a number has more digits
 * than JavaScript keeps (a seed of 64 bits): two different ones may then have one text.
 */
export function canonicalJson(value: unknown): { text: string; isExact: boolean } {
  const writer = new Writer();
  writer.write(value);
  return { text: writer.text, isExact: writer.isExact };
}

class Writer {
  text = '';
  isExact = true;

  write(value: unknown): void {
    if (typeof value === 'string') this.text += JSON.stringify(value);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value !== 'object' || value === null) this.text += value === undefined ? 'null' : String(value);
    else if (Array.isArray(value)) this.#array(value);
    else this.#object(value as Readonly<Record<string, unknown>>);
  }

  #number(value: number): void {
    if (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value))) this.isExact = false;
    this.text += String(value);
  }

  #array(values: readonly unknown[]): void {
    this.text += '[';
    for (let i = 0; i < values.length; i++) {
      if (i > 0) this.text += ',';
      this.write(values[i]);
    }
    this.text += ']';
  }

  #object(value: Readonly<Record<string, unknown>>): void {
    this.text += '{';
    let isFirst = true;
    for (const name of Object.keys(value).sort()) {
      if (value[name] === undefined) continue;
      this.text += isFirst ? `${JSON.stringify(name)}:` : `,${JSON.stringify(name)}:`;
      isFirst = false;
      this.write(value[name]);
    }
    this.text += '}';
  }
}
