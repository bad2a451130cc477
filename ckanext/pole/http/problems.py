"""What can go wrong on the way out, as types: each says it in French and in English, and none carries a secret."""

from __future__ import annotations

from ckanext.pole.http.urls import mask_url

# code -> (French, English). `{...}` are the facts given to the exception.
MESSAGES: dict[str, tuple[str, str]] = {
    "bad_url": (
        "Cette adresse n'est pas une adresse web complète (http:// ou https://, puis un nom de site).",
        "This is not a complete web address (http:// or https://, then a site name).",
    ),
    "scheme": (
        "Seules les adresses http et https sont acceptées.",
        "Only http and https addresses are accepted.",
    ),
    "credentials": (
        "L'adresse contient un nom d'utilisateur ou un mot de passe. Retirez-les : un secret va dans l'environnement.",
        "The address holds a user name or a password. Remove them: secrets belong in the environment.",
    ),
    "bad_header": (
        "Un en-tête de la requête contient des caractères interdits (par exemple un saut de ligne à la fin d'une clé).",
        "A request header holds forbidden characters (for example a line break at the end of a key).",
    ),
    "private_address": (
        "Ce site mène à une adresse interne ou réservée, que le portail ne visite pas.",
        "This site leads to an internal or reserved address, which the portal does not visit.",
    ),
    "too_many_redirects": (
        "Le site renvoie d'une adresse à l'autre sans fin (plus de {limit} renvois).",
        "The site sends us from one address to another without end (more than {limit} redirects).",
    ),
    "downgrade": (
        "Le site renvoie d'une connexion chiffrée (https) vers une connexion non chiffrée (http).",
        "The site redirects from an encrypted connection (https) to one that is not (http).",
    ),
    "redirected_post": (
        "Le site a déplacé le service qui reçoit notre requête; rien ne lui a été renvoyé.",
        "The site has moved the service that takes our request; nothing was sent again.",
    ),
    "dns_failed": (
        "Le nom de ce site est introuvable (DNS).",
        "The name of this site cannot be found (DNS).",
    ),
    "connect_failed": (
        "Le site ne répond pas : la connexion a été refusée ou est impossible.",
        "The site does not answer: the connection was refused or cannot be made.",
    ),
    "tls_failed": (
        "Le certificat de sécurité du site n'est pas valable, ou la connexion chiffrée a échoué.",
        "The site's security certificate is not valid, or the encrypted connection failed.",
    ),
    "connection_lost": (
        "Le site a coupé la connexion avant la fin de sa réponse.",
        "The site cut the connection before the end of its answer.",
    ),
    "not_http": (
        "La réponse du site n'est pas du HTTP compréhensible (ou ses en-têtes sont démesurés).",
        "The site's answer is not HTTP that can be understood (or its headers are far too large).",
    ),
    "too_large": (
        "La réponse dépasse la taille permise ({limit} octets).",
        "The answer is larger than allowed ({limit} bytes).",
    ),
    "connect_timeout": (
        "Le site n'a pas accepté la connexion à temps ({limit} s).",
        "The site did not accept the connection in time ({limit} s).",
    ),
    "read_timeout": (
        "Le site est resté muet trop longtemps ({limit} s).",
        "The site stayed silent for too long ({limit} s).",
    ),
    "silent": (
        "Le site n'a pas répondu à temps pendant l'ouverture de la connexion ou l'envoi de la requête.",
        "The site did not answer in time while the connection was opened or the request sent.",
    ),
    "deadline": (
        "La réponse n'était pas complète après le temps accordé en tout ({limit} s).",
        "The answer was not complete after the whole time allowed ({limit} s).",
    ),
    "wrong_type": (
        "Le site a répondu dans un autre format ({given}) que celui attendu ({wanted}).",
        "The site answered in another format ({given}) than the one expected ({wanted}).",
    ),
    "html": (
        "Le site a répondu par une page web au lieu de données.",
        "The site answered with a web page instead of data.",
    ),
    "encoding": (
        "La réponse est compressée d'une façon que nous n'avons pas demandée ({given}).",
        "The answer is compressed in a way that we did not ask for ({given}).",
    ),
    "portal_refusal": (
        "Le portail refuse notre programme (réponse « RBAC ») : demandez à son équipe d'accepter notre User-Agent.",
        "The portal refuses our program (an “RBAC” answer): ask its team to accept our User-Agent.",
    ),
    "throttled": (
        "Le site demande d'attendre avant de revenir (trop de requêtes).",
        "The site asks us to wait before coming back (too many requests).",
    ),
    "server_failed": (
        "Le site a une panne (erreur {status}).",
        "The site has a failure (error {status}).",
    ),
    "not_ready": (
        "Le site prépare encore ce fichier. Réessayez plus tard.",
        "The site is still preparing this file. Try again later.",
    ),
    "client_failed": (
        "Le site n'accepte pas cette requête (erreur {status}).",
        "The site does not accept this request (error {status}).",
    ),
    "login_required": (
        "Le site demande de s'identifier (erreur 401) : la clé manque ou n'est plus valable.",
        "The site asks for an identification (error 401): the key is missing or no longer valid.",
    ),
    "forbidden": (
        "Le site refuse l'accès (erreur 403).",
        "The site refuses access (error 403).",
    ),
    "not_found": (
        "Il n'y a plus rien à cette adresse (erreur {status}).",
        "There is nothing at this address any more (error {status}).",
    ),
    "truncated": (
        "La réponse est incomplète : le site s'est arrêté avant la fin.",
        "The answer is incomplete: the site stopped before the end.",
    ),
    "partial": (
        "Le site n'a envoyé qu'un morceau alors que tout était demandé.",
        "The site sent only a part although the whole was asked for.",
    ),
    "bad_gzip": (
        "La réponse compressée est abîmée.",
        "The compressed answer is damaged.",
    ),
    "bad_charset": (
        "Le texte de la réponse n'est lisible dans aucun des encodages annoncés.",
        "The text of the answer cannot be read in any of the encodings announced.",
    ),
    "bad_json": (
        "La réponse n'est pas du JSON valable.",
        "The answer is not valid JSON.",
    ),
    "unexpected": (
        "La réponse n'a pas la forme que cette sorte de source donne à ses listes.",
        "The answer is not shaped as this kind of source shapes its lists.",
    ),
    "bad_rdf": (
        "La réponse n'est pas du RDF valable (RDF/XML, Turtle, N-Triples ou JSON-LD).",
        "The answer is not valid RDF (RDF/XML, Turtle, N-Triples or JSON-LD).",
    ),
    "endless_pages": (
        "Les pages de la source renvoient l'une à l'autre sans fin.",
        "The pages of the source lead to one another without end.",
    ),
    "interrupted": (
        "Arrêté à la demande.",
        "Stopped on request.",
    ),
}


class HttpProblem(Exception):
    """Base of all that this slice raises.

    Args:
        code: one of `MESSAGES`; stable, for reports and tests.
        url: the address asked for; kept with its secrets masked.
        detail: technical facts for the log (never shown to the public: it may name an internal address).
        retryable: whether the same request may do better a little later.
        status: HTTP status, when there was an answer.
        retry_after: seconds that the site asked us to wait, if it did.
        facts: values for the placeholders of the message.
    """

    def __init__(
        self,
        code: str,
        url: str,
        *,
        detail: str = "",
        retryable: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
        **facts: object,
    ) -> None:
        self.code = code
        self.url = mask_url(url)
        self.detail = detail
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after
        self.attempts = 1
        french, english = MESSAGES[code]
        facts = {**facts, "status": status}
        self.message: dict[str, str] = {"fr": french.format(**facts), "en": english.format(**facts)}
        super().__init__(f"{self.message['en']} [{code}] {self.url}")

    def forget_address(self) -> None:
        """Keep what went wrong and lose where: the address itself is a secret."""
        self.url = self.detail = ""
        self.args = (f"{self.message['en']} [{self.code}]",)


class Refused(HttpProblem):
    """We do not go there: address, scheme, credentials or redirect against the rules."""


class Unreachable(HttpProblem):
    """No usable answer: name unknown, connection refused or cut, certificate not valid."""


class TooLarge(HttpProblem):
    """The body, as sent or once decompressed, passes the cap."""


class TooSlow(HttpProblem):
    """Connection, silence or the whole took longer than allowed."""


class WrongType(HttpProblem):
    """An answer, but not the kind of document asked for."""


class Throttled(HttpProblem):
    """429, or a wait asked for that is longer than we sit out: `retry_after` says how long."""


class ServerFailed(HttpProblem):
    """5xx after all tries."""


class ClientFailed(HttpProblem):
    """4xx: asking again the same way will not help.

    `body` holds the first bytes of the answer, which in CKAN and others says what was wrong.
    """

    def __init__(self, code: str, url: str, *, body: bytes = b"", **rest: object) -> None:
        super().__init__(code, url, **rest)  # type: ignore[arg-type]
        self.body = body


class BadBody(HttpProblem):
    """The right kind of answer, but damaged: cut, partial, not decodable, not JSON."""


class Interrupted(HttpProblem):
    """`should_stop` said so."""
