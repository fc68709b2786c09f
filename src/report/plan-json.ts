import type { Status } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { canonicalJson, compactJson } from './canonical.ts';

/** The Plan document (plan.schema.json) as canonical JSON: the same bytes for the same fleet and live state. */
export const planJson = (plan: Plan): string => canonicalJson(plan);

/** The Status document (plan.schema.json#/$defs/Status) as canonical JSON. */
export const statusJson = (status: Status): string => canonicalJson(status);

/** The same on one line, as the first of a run's NDJSON. */
export const planLine = (plan: Plan): string => `${compactJson(plan)}\n`;
