/**
 * "May I …?" is passed on in the name of the caller, and the answer then amended by what the proxy itself opens:
 * everybody may list namespaces through it. Whatever the question's encoding, the answer is asked for as JSON.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

interface Review {
  kind?: string;
  spec?: { resourceAttributes?: { resource?: string; verb?: string } };
  status?: { allowed?: boolean; denied?: boolean; reason?: string; resourceRules?: unknown[] };
}

const ANSWER_LIMIT = 4 * 1024 * 1024;

export function amended(review: Review): Review {
  if (review.kind === 'SelfSubjectAccessReview') {
    const asked = review.spec?.resourceAttributes;
    if (asked?.resource !== 'namespaces' || asked.verb?.toLowerCase() !== 'list') return review;
    return {
      ...review,
      status: { ...review.status, allowed: true, denied: false, reason: 'granted by capsule-proxy' },
    };
  }
  const rule = { apiGroups: [''], resources: ['namespaces'], verbs: ['list'] };
  return { ...review, status: { ...review.status, resourceRules: [...(review.status?.resourceRules ?? []), rule] } };
}

/** Answers with the amended review; false when it is not one, and must be passed on as it is. */
export async function answerReview(answer: IncomingMessage, response: ServerResponse): Promise<boolean> {
  if (answer.statusCode !== 201 || !answer.headers['content-type']?.startsWith('application/json')) return false;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_LIMIT) throw new Error('the review is too large');
    chunks.push(chunk);
  }
  const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Review;
  response.writeHead(201, { 'content-type': 'application/json' }).end(JSON.stringify(amended(review)));
  return true;
}
