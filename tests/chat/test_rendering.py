"""Markdown as people read it: maths, notes, links, tables; the same whole and streamed, in bounded time."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.rendering.markdown import BlockStream, render, render_blocks

LINES = [
    "Words *and* more", "# Title", "- a", "", "  c", "1. one", "2. two", "12", "> said", "```py", "```",
    "| a | b |", "|---|:-:|", "| 1 | 2 |", "", "", "", "$$", "x^2", "$$x^2$$", r"\[", r"\]", r"\(a<b\)",
    "- b", "A note[^1] and[^b].", "[^1]: It *is* so.", "[^b]: Or not.", "[k]: https://a.org", "[k].",
    "===", "---", "    indented", "\u2028 odd\u0085 ends", "\x0b", "$5 and $10", "- [x] done", "```math",
]  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=25).map("\n".join), st.data())
@settings(max_examples=150, deadline=None)
def test_a_stream_ends_as_the_whole_rendering(text: str, data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    stream, shown = BlockStream(), {}
    for cut in [*cuts, len(text)]:
        shown |= stream.update(text[:cut])
    shown |= stream.finish(text)
    assert [html for _, html in sorted(shown.items()) if html] == render_blocks(text)


@given(st.text(alphabet="$\\()[]{}^_ab1 \n`*|-#>:", max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    assert isinstance(render(text), str)


BODIES = {
    "paragraphs": "Some *words* in a row.\n\n" * 1400,
    "one code block": "```python\n" + "value = call(1, 'x')\n" * 1500,
    "one table": "| a | b |\n|---|---|\n" + "| 1 | `x` |\n" * 2500,
    "one list": "- an item\n" * 3_000,
    "formulas": r"so \(x^2\) and $$\frac{a}{b}$$ " * 1000,
}


@pytest.mark.parametrize("name", BODIES)
def test_a_long_answer_costs_in_proportion(name: str) -> None:
    """In pieces of 50 characters: twice the text is about twice the work, not four times."""

    def rendered(text: str) -> int:
        stream = BlockStream()
        return sum(len(html) for end in range(50, len(text) + 1, 50) for _, html in stream.update(text[:end]))

    text = BODIES[name][:20_000]
    assert len(text) == 20_000
    assert rendered(text) < 2.8 * rendered(text[:10_000])


@pytest.mark.parametrize(
    "text",
    ["[^" * 50_000 + "\n\n[^a]: x", "$a " * 60_000, "\\[\n" * 60_000, "\\(" * 60_000,
     "$" + r"\sqrt" * 590 + "x$", "${" * 60_000, "$" + "{" * 2_900 + "$", "$x^2$ " * 30_000,
     "[^a]: " * 30_000, r"$\newcommand{\a}{" + "x" * 1500 + "}" + r"\a" * 49 + "$ " * 40],
    ids=["references", "dollars", "blocks", "parens", "roots", "braces", "deep", "many", "notes", "macros"],
)  # fmt: skip
def test_hostile_text_takes_bounded_time_w02(text: str) -> None:
    begun = time.process_time()
    assert len(render(text)) < 5_000_000
    assert time.process_time() - begun < 15


@pytest.mark.parametrize(
    "text", ["$x^2$", r"\(x^2\)", "$$x^2$$", r"\[x^2\]", "$$\nx^2\n$$", "```math\nx^2\n```", "so $x^2$-th"]
)
def test_formulas_are_mathml(text: str) -> None:
    html = render(text)
    assert "<msup><mi>x</mi><mn>2</mn></msup></math>" in html
    assert 'alttext="x^2"' in html


@pytest.mark.parametrize(
    "text",
    ["$5 and $10", "from $5 to 10$", "$20-$30", "It is $5, or 5$ there", r"\$x\$", "`$x$`", "a $ b $ c", "$",
     "$$$$", r"\(never closed"],
)  # fmt: skip
def test_money_and_other_dollars_are_no_maths(text: str) -> None:
    assert "<math" not in render(text)


def test_a_formula_nobody_can_read_is_shown_as_it_was_written() -> None:
    html = render(r"$\undefined{<b>}$")
    assert r'<code class="math-source">\undefined{&lt;b&gt;}</code>' in html


def test_notes_are_numbers_and_a_list_without_names() -> None:
    html = render("Yes[^why], yes[^2], yes[^why].\n\n[^2]: Two.\n[^why]: Because *so*.")
    assert html.count(">1</button>") == 2
    assert html.index("Because <em>so</em>") < html.index("Two.")
    assert " id=" not in html
    assert " name=" not in html


def test_a_link_says_where_it_leads() -> None:
    assert 'class="link-host">evil.example<' in render("[my bank](https://evil.example/login)")
    assert 'class="link-host">evil.example<' in render("[bank.example](https://evil.example)")
    assert 'class="link-host">evil.example<' in render("[not-evil.example](https://evil.example)")
    assert "link-host" not in render(
        "https://bank.example/a [bank.example](https://bank.example/b) [in](/docs)"
    )


def test_an_image_is_a_link_with_its_host_w03() -> None:
    html = render("![a chart](https://evil.example/i.png?secret)")
    assert "<img" not in html
    assert 'class="link-host">evil.example<' in html


def test_text_runs_its_own_way_and_code_from_left_to_right() -> None:
    html = render("שלום\n\n- مرحبا\n\n```\nx\n```")
    assert '<p dir="auto">שלום</p>' in html
    assert '<li dir="auto">مرحبا' in html
    assert '<pre class="highlight" dir="ltr">' in html


def test_cells_keep_their_alignment() -> None:
    assert '<td align="center" dir="auto">1</td>' in render("| a |\n|:-:|\n| 1 |")


def test_a_diagram_is_code_that_says_so() -> None:
    html = render("```mermaid\ngraph TD\n```")
    assert "draw-code" in html
    assert "graph TD" in html
