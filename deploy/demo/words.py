"""The tags and reply templates of the demo's company."""

from typing import Final

from deploy.workspace import TagTable, TemplateTable

TAGS: Final = tuple(
    TagTable(name=name, colour=colour)
    for name, colour in (
        ("orçamento", "#1565c0"),
        ("nota fiscal", "#2e7d32"),
        ("troca", "#ef6c00"),
        ("entrega", "#6a1b9a"),
        ("reclamação", "#c62828"),
        ("vip", "#f9a825"),
    )
)

_WORDS: Final = """
oi | | Saudação
{{greeting}}, {{client.first_name}}! Aqui é {{operator.first_name}}, da Loja Ipê. Como posso ajudar?

protocolo | | Número de protocolo
O protocolo deste atendimento é {{protocol}}.

momento | | Peço um momento
Só um momento, por favor: já estou verificando.

email | | Pedido de e-mail
Pode me dizer o seu e-mail, {{client.first_name}}?

obrigado | | Despedida
Obrigado pelo contato, {{client.first_name}}! Qualquer coisa, é só chamar.

fora | | Fora do horário
{{greeting}}! Atendemos de segunda a sexta, das 8h às 18h.

frete | Vendas | Frete e prazo
Entregamos em até 5 dias úteis; acima de R$ 199 o frete é por nossa conta.

pix | Vendas | Desconto no Pix
No Pix, {{client.first_name}}, o desconto é de 5%.

garantia | Suporte | Garantia
A garantia é de 12 meses a partir da data da nota fiscal.

troca | Suporte | Troca
A troca pode ser pedida em até 7 dias. Pode mandar uma foto do produto?

nf | | 2ª via da nota fiscal
{{client.first_name}}, já peço a 2ª via da sua nota fiscal ao Financeiro. Um momento, por favor.

boleto | Financeiro | 2ª via do boleto
Envio o boleto a seguir, {{client.first_name}}; ele vence em 3 dias úteis.
"""


def _table(words: str) -> TemplateTable:
    about, text = words.split("\n", 1)
    code, group, title = (word.strip() for word in about.split("|"))
    return TemplateTable(code=code, title=title, text=text, group=group or None)


TEMPLATES: Final = tuple(_table(words) for words in _WORDS.strip().split("\n\n"))
