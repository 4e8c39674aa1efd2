"""The words of the page that a client reads about himself."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from adapters.audit.page_words import LANGUAGES

_WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "title": ("Seus dados", "Your data", "Sus datos"),
    "intro": (
        "Tudo o que {company} guarda sobre você, até {at}.",
        "All that {company} keeps about you, as of {at}.",
        "Todo lo que {company} guarda sobre usted, hasta {at}.",
    ),
    "rules": ("O que está aqui e o que não está", "What is in here", "Qué contiene y qué no"),
    "rule-comments": (
        (
            "Os comentários internos que a equipe escreveu nas suas conversas estão incluídos: "
            "falam de você."
        ),
        "Internal comments that the team wrote in your chats are included: they are about you.",
        (
            "Los comentarios internos que el equipo escribió en sus conversaciones están "
            "incluidos: hablan de usted."
        ),
    ),
    "rule-no-comments": (
        (
            "Os comentários internos da equipe não estão incluídos: quem fez este arquivo os "
            "considera segredo de negócio (LGPD, art. 19). Você pode pedir que isso seja revisto."
        ),
        (
            "Internal comments of the team are not included: whoever made this archive takes them "
            "for trade secrets (LGPD, art. 19). You may ask for this to be looked at again."
        ),
        (
            "Los comentarios internos del equipo no están incluidos: quien hizo este archivo los "
            "considera secreto comercial (LGPD, art. 19). Puede pedir que se revise."
        ),
    ),
    "rule-others": (
        (
            "O que outros clientes disseram nas conversas deles não está incluído, mesmo que "
            "citem você: são dados deles."
        ),
        (
            "What other clients said in chats of their own is not included, also where they name "
            "you: it is their data."
        ),
        (
            "Lo que otros clientes dijeron en sus propias conversaciones no está incluido, aunque "
            "le mencionen: son datos de ellos."
        ),
    ),
    "rule-names": (
        "Os nomes de quem atendeu você não estão incluídos: são dados dessas pessoas.",
        "Names of those who answered you are not included: they are their data.",
        "Los nombres de quienes le atendieron no están incluidos: son datos de esas personas.",
    ),
    "check": (
        (
            "data.json diz o mesmo para programas; manifest.json traz o SHA-256 de cada "
            "arquivo desta pasta."
        ),
        (
            "data.json says the same for programs; manifest.json holds the SHA-256 of each "
            "file in this folder."
        ),
        (
            "data.json dice lo mismo para programas; manifest.json trae el SHA-256 de cada "
            "archivo de esta carpeta."
        ),
    ),
    "record": ("Seu cadastro", "Your record", "Su ficha"),
    "record-merged": (
        "Outro cadastro seu, unido ao primeiro",
        "Another record of yours, merged into the first",
        "Otra ficha suya, unida a la primera",
    ),
    "name": ("Nome", "Name", "Nombre"),
    "given_name": ("Nome dado pela equipe", "Name given by the team", "Nombre dado por el equipo"),
    "channel_name": ("Nome no canal", "Name on the channel", "Nombre en el canal"),
    "email": ("E-mail", "E-mail", "Correo"),
    "phone": ("Telefone", "Telephone", "Teléfono"),
    "cpf": ("CPF", "CPF", "CPF"),
    "cnpj": ("CNPJ", "CNPJ", "CNPJ"),
    "notes": ("Observações", "Notes", "Notas"),
    "tags": ("Etiquetas", "Tags", "Etiquetas"),
    "unverified": ("Não verificados", "Unverified", "Sin verificar"),
    "identities": ("Identidades em canais", "Identities on channels", "Identidades en canales"),
    "consents": ("Consentimentos", "Consents", "Consentimientos"),
    "chats": ("Suas conversas", "Your chats", "Sus conversaciones"),
    "opened": ("início", "began", "inicio"),
    "closed": ("fim", "ended", "fin"),
    "client": ("Você", "You", "Usted"),
    "company": ("Empresa", "Company", "Empresa"),
    "colleagues": ("Comentário interno", "Internal comment", "Comentario interno"),
    "before": ("antes", "before", "antes"),
    "deleted": ("apagada pelo autor", "deleted by its author", "borrado por su autor"),
    "reaction": ("reação", "reaction", "reacción"),
    "not-copied": ("o arquivo não foi guardado", "the file was not kept", "no se guardó"),
    "zone": ("Horários de", "Times are of", "Horas de"),
}


@cache
def words_in(language: str) -> Mapping[str, str]:
    """Return the words in a language; in Portuguese where it is none of ours."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {key: words[place] for key, words in _WORDS.items()}
