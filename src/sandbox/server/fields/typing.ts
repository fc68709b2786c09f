import type { Schema } from './schema.ts';

/** Words for writing down the types of built-in kinds. */
export const text: Schema = { type: 'string' };
export const int: Schema = { type: 'integer' };
export const flag: Schema = { type: 'boolean' };
export const time: Schema = { type: 'string', format: 'date-time', nullable: true };
export const texts: Schema = { type: 'object', values: text };
export const quantities: Schema = { type: 'object', values: { quantity: true } };
export const loose: Schema = { open: true };
export const textList: Schema = { type: 'array', items: text };

export const object = (properties: Readonly<Record<string, Schema>>, more: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
export const atomicList = (items: Schema): Schema => ({ type: 'array', items });
export const mapList = (keys: readonly string[], items: Schema): Schema => ({
  type: 'array',
  list: 'map',
  keys,
  items,
});

export const conditions: Schema = mapList(
  ['type'],
  object({
    type: text,
    status: text,
    reason: text,
    message: text,
    observedGeneration: int,
    lastTransitionTime: time,
    lastUpdateTime: time,
    lastProbeTime: time,
    lastHeartbeatTime: time,
  }),
);
