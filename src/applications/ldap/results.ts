import { Outcome } from '../../model/told.js';

/** Result codes that are no errors (RFC 4511, 4.1.9), and those where the server could not. */
export const SUCCESS = 0;
const COMPARE_FALSE = 5;
const COMPARE_TRUE = 6;
const REFERRAL = 10;
const SASL_BIND_IN_PROGRESS = 14;
const BUSY = 51;
const UNAVAILABLE = 52;
const OTHER = 80;

/** Words of resultCode (RFC 4511, 4.1.9; from 118 on RFC 3909, 4528 and 4370). */
const NAMES = new Map<number, string>([
  [SUCCESS, 'success'],
  [1, 'operationsError'],
  [2, 'protocolError'],
  [3, 'timeLimitExceeded'],
  [4, 'sizeLimitExceeded'],
  [COMPARE_FALSE, 'compareFalse'],
  [COMPARE_TRUE, 'compareTrue'],
  [7, 'authMethodNotSupported'],
  [8, 'strongerAuthRequired'],
  [REFERRAL, 'referral'],
  [11, 'adminLimitExceeded'],
  [12, 'unavailableCriticalExtension'],
  [13, 'confidentialityRequired'],
  [SASL_BIND_IN_PROGRESS, 'saslBindInProgress'],
  [16, 'noSuchAttribute'],
  [17, 'undefinedAttributeType'],
  [18, 'inappropriateMatching'],
  [19, 'constraintViolation'],
  [20, 'attributeOrValueExists'],
  [21, 'invalidAttributeSyntax'],
  [32, 'noSuchObject'],
  [33, 'aliasProblem'],
  [34, 'invalidDNSyntax'],
  [36, 'aliasDereferencingProblem'],
  [48, 'inappropriateAuthentication'],
  [49, 'invalidCredentials'],
  [50, 'insufficientAccessRights'],
  [BUSY, 'busy'],
  [UNAVAILABLE, 'unavailable'],
  [53, 'unwillingToPerform'],
  [54, 'loopDetect'],
  [64, 'namingViolation'],
  [65, 'objectClassViolation'],
  [66, 'notAllowedOnNonLeaf'],
  [67, 'notAllowedOnRDN'],
  [68, 'entryAlreadyExists'],
  [69, 'objectClassModsProhibited'],
  [71, 'affectsMultipleDSAs'],
  [OTHER, 'other'],
  [118, 'canceled'],
  [119, 'noSuchOperation'],
  [120, 'tooLate'],
  [121, 'cannotCancel'],
  [122, 'assertionFailed'],
  [123, 'authorizationDenied'],
]);

/** The word of a result code; its number where it has none, '' where it was not seen (NaN). */
export function resultName(code: number): string {
  return NAMES.get(code) ?? (Number.isNaN(code) ? '' : String(code));
}

/** How an answer with this result code is meant. */
export function resultOutcome(code: number): Outcome {
  switch (code) {
    case SUCCESS:
    case COMPARE_FALSE:
    case COMPARE_TRUE:
    case REFERRAL:
    case SASL_BIND_IN_PROGRESS:
      return Outcome.Ok;
    case BUSY:
    case UNAVAILABLE:
    case OTHER:
      return Outcome.ServerError;
    default:
      return Number.isNaN(code) ? Outcome.Ok : Outcome.ClientError;
  }
}
