/** Requests that are refused, and what the real server says to that, word for word. */
import type { Case, CaseTable, RawRequest } from './case.ts';
import { definitions, told } from './requests.ts';

/** What is refused, in words that complete "refuses …", and the requests; some may only prepare the next. */
export type Refusal = readonly [title: string, ...requests: RawRequest[]];

/** @param only confines all of them, as in `Case.only` */
export function refusals(table: Readonly<Record<string, Refusal>>, only?: Case['only']): CaseTable {
  return Object.fromEntries(Object.entries(table).map(([id, entry]) => [id, refused(entry, only)]));
}

function refused([title, ...requests]: Refusal, only: Case['only']): CaseTable[string] {
  return [
    `refuses ${title}`,
    { ...(only && { only }) },
    async (s) => {
      const answers: object[] = [];
      for (const request of requests) {
        const answer = await s.send(request);
        // What is taken after all must not stay.
        if (request.path === definitions && answer.code === 201) s.keep(`${definitions}/${answer.body.metadata.name}`);
        answers.push(told(answer));
      }
      s.golden(answers);
    },
  ];
}
