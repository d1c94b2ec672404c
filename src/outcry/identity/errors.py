"""Refusals of identity (API.md "Identity")."""

from outcry.kernel.errors import Conflict, InvalidInput, NotFound, OutcryError, Unauthenticated


class EmailTaken(Conflict):
    """Somebody signed up with this e-mail before."""

    code = "email_taken"
    title = "This e-mail address is already in use"


class BadCredentials(Unauthenticated):
    """Wrong e-mail or password; the same words whether or not the e-mail is known."""

    code = "bad_credentials"
    title = "The e-mail address or the password is wrong"


class BadCode(Unauthenticated):
    """A code or link that is wrong, spent or too old."""

    code = "bad_code"
    title = "This code is wrong or has expired"


class BadRefreshToken(Unauthenticated):
    """A refresh token that is unknown, spent, revoked or too old."""

    code = "bad_refresh_token"
    title = "Please sign in again"


class BadExternalToken(Unauthenticated):
    """The outside issuer's token does not verify."""

    code = "bad_external_token"
    title = "The token of the outside issuer was not accepted"


class ExternalSignInOff(NotFound):
    """No outside issuer is configured."""

    title = "No outside issuer is configured"


class ConsentRequired(InvalidInput):
    """The offer agreement and the processing of personal data must be agreed to (SPEC ID-6)."""

    code = "consent_required"
    title = "Please agree to the required terms"


class UserNotFound(NotFound):
    """No such person."""

    title = "There is no such person"


class SessionNotFound(NotFound):
    """No such session of this person."""

    title = "There is no such session"


class IssuerUnreachable(OutcryError):
    """The outside issuer's keys cannot be fetched."""

    status = 503
    code = "issuer_unreachable"
    title = "The outside issuer cannot be reached"
