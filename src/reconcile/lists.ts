import type { KubeObject } from '../model/cluster.ts';
import type { Reading, Ref } from '../model/readings.ts';

/** Answers refs from one complete list; every index is made once, when it is first needed. */
export class ListAnswers {
  readonly #items: readonly KubeObject[];
  readonly #at: string;
  readonly #indexes = new Map<string, ReadonlyMap<string, readonly KubeObject[]>>();

  constructor(list: Extract<Reading, { is: 'listed' }>) {
    this.#items = list.items;
    this.#at = list.at;
  }

  /** @returns the answer, or undefined for a ref that no list can answer */
  answer(ref: Ref): Reading | undefined {
    if (ref.read === 'object') {
      const { namespace, name } = ref.key;
      const [object] =
        this.#by('name', (item) => `${item.metadata.namespace ?? ''}/${item.metadata.name}`).get(
          `${namespace ?? ''}/${name}`,
        ) ?? [];
      return object === undefined ? { is: 'absent', at: this.#at } : { is: 'found', object, at: this.#at };
    }
    if (ref.read !== 'list') return undefined;
    const { namespace, labelSelector } = ref.key;
    let items = this.#items;
    if (labelSelector !== undefined) {
      const [label = '', value = ''] = labelSelector.split('=');
      items = this.#by(`label ${label}`, ({ metadata }) => metadata.labels?.[label]).get(value) ?? [];
      if (namespace !== undefined) items = items.filter(({ metadata }) => metadata.namespace === namespace);
    } else if (namespace !== undefined) {
      items = this.#by('namespace', ({ metadata }) => metadata.namespace).get(namespace) ?? [];
    }
    return { is: 'listed', items, at: this.#at };
  }

  #by(index: string, keyOf: (item: KubeObject) => string | undefined): ReadonlyMap<string, readonly KubeObject[]> {
    const had = this.#indexes.get(index);
    if (had !== undefined) return had;
    const made = new Map<string, KubeObject[]>();
    for (const item of this.#items) {
      const key = keyOf(item);
      if (key === undefined) continue;
      const group = made.get(key);
      if (group === undefined) made.set(key, [item]);
      else group.push(item);
    }
    this.#indexes.set(index, made);
    return made;
  }
}
