/**
 * Answers bytes that never became a request: the parser gave up on them, or they took too long. There is no reply to
 * answer by then, only a connection, which is closed, since nobody can tell where a next request would begin on it.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { ApiError } from '@kubenova/knapi/errors.ts';
import { PROBLEM_TYPE, problemOf } from './problem.ts';

/** Listens for `clientError` of a server. The bytes stand in the error, a token among them: it is not logged. */
export function answerNoRequest(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const problem = problemOf(whyNot(error.code), randomUUID());
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'Connection: close',
    'Cache-Control: no-store',
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

function whyNot(code: string | undefined): ApiError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ApiError('KN-431', 'The header of the request is larger than 16 KiB. Send fewer or shorter fields.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ApiError('KN-400', 'The request did not come to its end in time. Send it again.');
    default:
      return new ApiError('KN-400', 'This is not a valid HTTP/1.1 request (RFC 9112).');
  }
}
