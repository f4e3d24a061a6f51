"""What does a person see in MLflow's pages? Looked at in a real browser, headless; skipped where there is none.

The pages poll, so tests wait for what they look for, never for a quiet network. MLFLOW_SCREENSHOTS=folder keeps pictures.
"""

import contextlib
import os
import re
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import pytest
from tracking import servers
from tracking.conftest import entries, run, synced
from tracking.test_ui import free_port

from nnexp.optima.distinct.catalogue import MINIMA
from nnexp.tracking import boundaries, server, store, views

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
sync_api = pytest.importorskip("playwright.sync_api", reason="no Playwright here")

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE = 60_000
ASSISTANT = "try { localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true') } catch (denied) {}"
SECTIONS = ("Where training ends", "Loss curves over seeds", "Which settings matter", "Decision boundaries")


@pytest.fixture(scope="module", params=["file", "postgresql"])
def served(request, tmp_path_factory):
    """A sweep with GD and SGD, judged, some of whose runs did not settle, its links, and what shows it."""
    root = tmp_path_factory.mktemp("browser") / "runs"
    asked = {"optimizer": ["gd", "sgd"], "width": 2, "l2": 0.001, "seeds": 5, "steps": 300, "dataset": "xor"}
    outcome = run(root, **asked, tracking={"store": "none"})
    report = root / "analysis" / "shown" / "report.html"
    report.parent.mkdir(parents=True)
    report.write_text(f"<h1>The report of {outcome.record.id}</h1>")
    with contextlib.ExitStack() as stack:
        if request.param == "postgresql":
            if not servers.POSTGRESQL:
                pytest.skip("no PostgreSQL here: apt-get install postgresql")
            database = stack.enter_context(servers.postgresql(tmp_path_factory.mktemp("postgresql")))("shown")
            uri = address = stack.enter_context(servers.mlflow_on(database, tmp_path_factory.mktemp("server")))
        else:
            uri, port = store.default_uri(root), free_port()
            address = f"http://{server.HOST}:{port}"
        assert synced(root, outcome.record, uri=uri)[0]
        if request.param == "file":
            command, environment = server._command(uri, server.HOST, port, ""), server._environment()
            process = stack.enter_context(subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
            server._wait(process, address)
        yield outcome, list(server.links(root, address, uri=uri).values()), uri


@pytest.fixture(scope="module")
def browser():
    """Chromium, in a thread's own event loop."""
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def look(browser, request):
    """Opens an address in a page of its own; nothing may go wrong in it."""
    page = browser.new_page(viewport={"width": 1500, "height": 6400})
    page.add_init_script(ASSISTANT)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))

    def opened(address):
        page.goto(address)
        return page

    yield opened
    if folder := os.environ.get("MLFLOW_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{request.node.name}.png")
    page.close()
    assert not faults


def names(page, n):
    """The names in the table, when there are n of them."""
    page.get_by_text(f"{n} matching runs").wait_for(timeout=PATIENCE)
    page.locator("a[href*='/runs/']").first.wait_for(timeout=PATIENCE)
    return [text for text in page.locator("a[href*='/runs/']").all_inner_texts() if text.strip()]


def wait(page, text, exact=True):
    """Wait until this is to be read on the page."""
    page.get_by_text(text, exact=exact).first.wait_for(timeout=PATIENCE)


def sections(page):
    """The titles of the sections of charts, and how many charts each has."""
    headers = page.get_by_test_id("experiment-view-compare-runs-section-header")
    headers.first.wait_for(timeout=PATIENCE)
    found = [re.match(r"(.+?)\s*\((\d+)\)", " ".join(text.split())) for text in headers.all_inner_texts()]
    return {match[1]: int(match[2]) for match in found}


def card(page, title):
    """The chart of this title, with what it draws."""
    named = page.get_by_text(title, exact=True)
    found = page.get_by_test_id("experiment-view-compare-runs-card").filter(has=named).first
    found.scroll_into_view_if_needed(timeout=PATIENCE)
    return found


def drawn(chart):
    """What a chart draws, once it does: the names of its entries, the kinds of its axes, and what its x-axis says."""
    chart.locator(".scatterlayer .trace").first.wait_for(timeout=PATIENCE)
    asked = """plot => [[...new Set(plot.data.map(d => d.name))].sort(), plot._fullLayout.xaxis.type,
                        plot._fullLayout.yaxis.type, plot._fullLayout.xaxis.title.text]"""
    return chart.locator(".js-plotly-plot").first.evaluate(asked)


def test_the_view_of_configurations_shows_exactly_them_under_its_four_sections(served, look):
    outcome, links, _ = served
    page = look(links[0])
    shown = names(page, len(outcome.plan.configurations))
    assert sorted(shown) == ["relu, gd", "relu, sgd", "tanh, gd", "tanh, sgd"]
    found = sections(page)
    assert list(found) == list(SECTIONS), "these sections, and none that MLflow made by itself"
    assert all(found.values())


def test_loss_curves_over_seeds_stand_on_log_axes(served, look):
    _, links, _ = served
    page = look(links[0])
    chart = card(page, "training loss/median")
    entries, x, y, _ = drawn(chart)
    assert len(entries) == 4
    assert (x, y) == ("log", "log")


def test_decision_boundaries_are_those_of_the_last_step(served, look):
    outcome, links, _ = served
    page = look(links[0])
    chart = card(page, boundaries.KEY)
    images = chart.locator("img")
    images.first.wait_for(timeout=PATIENCE)
    page.wait_for_function(
        "[...document.querySelectorAll('img')].some(i => i.src.includes('step') && i.naturalWidth > 50)"
    )
    last = len(outcome.frame()["snapshot_steps"].iloc[0]) - 1
    sources = [urllib.parse.unquote(source) for source in images.evaluate_all("all => all.map(i => i.src)")]
    shown = [source for source in sources if "+step+" in source]
    assert len(shown) == 4
    assert all(f"+step+{last}+" in source for source in shown)


def test_which_settings_matter_is_drawn_for_every_configuration(served, look):
    _, links, _ = served
    page = look(links[0])
    chart = card(page, "optimizer vs. final test loss/median")
    chart.locator(".points path.point").first.wait_for(timeout=PATIENCE)
    assert chart.locator(".points path.point").count() == 4
    assert chart.locator(".xtick text").all_text_contents() in (["gd", "sgd"], ["sgd", "gd"])


def test_the_view_of_saddles_shows_the_runs_that_did_not_settle_and_no_others(served, look):
    outcome, links, _ = served
    runs = outcome.frame(curves=False)
    unsettled = runs[~runs["endpoint"].isin(MINIMA)]
    assert 0 < len(unsettled) < len(runs)
    page = look(links[1])
    shown = names(page, len(unsettled))
    assert {int(re.match(r"seed (\d+)", name)[1]) for name in shown} == set(unsettled["init_seed"])
    assert list(sections(page)) == ["Where the runs stand that did not settle", "How their losses fell"]


def test_gd_and_sgd_stand_beside_each_other_by_gradient_evaluations(served, look):
    _, links, _ = served
    page = look(links[2])
    assert len(names(page, 4)) == 4
    assert list(sections(page)) == [
        *("Which falls faster by gradient evaluations", "Which falls faster by updates", "Which ends lower")
    ], "and nothing that MLflow would add"
    chart = card(page, "training loss/median")
    entries, _, y, says = drawn(chart)
    assert len(entries) == 4
    assert (y, says) == ("log", views.EFFORT)


def test_the_sweeps_own_page_shows_its_note_and_its_report(served, look):
    outcome, links, _ = served
    page = look(links[3])
    wait(page, "Is it all there?")
    wait(page, re.compile("20 runs of 4 configurations"))
    page.goto(links[3].replace("?", "/artifacts/report.html?"))
    report = page.frame_locator("iframe").get_by_text(f"The report of {outcome.record.id}")
    report.wait_for(timeout=PATIENCE)


def test_a_runs_page_shows_its_note_its_curves_and_its_verdict(served, look):
    outcome, links, uri = served
    _, levels = entries(outcome.store.root, outcome, uri)
    entry = levels["run"][0]
    page = look(f"{links[3].split('/runs/')[0]}/runs/{entry.info.run_id}?workflowType=machine_learning")
    wait(page, re.compile("Its endpoint:"))
    wait(page, "final/J")
    page.goto(page.url.replace("?", "/model-metrics?"))
    assert len(drawn(card(page, "train"))[0]) == 1


def test_a_configurations_page_shows_its_note_and_its_images(served, look):
    outcome, links, uri = served
    _, levels = entries(outcome.store.root, outcome, uri)
    entry = levels["configuration"][0]
    page = look(f"{links[3].split('/runs/')[0]}/runs/{entry.info.run_id}?workflowType=machine_learning")
    wait(page, re.compile("5 seeds. The lowest final J is"))
    wait(page, "net", exact=True)  # the model that it keeps
    page.goto(page.url.replace("?", "/model-metrics?"))
    page.get_by_placeholder("Search metric charts").fill("decision boundary", timeout=PATIENCE)
    images = card(page, boundaries.KEY).locator("img")
    images.first.wait_for(timeout=PATIENCE)
    page.wait_for_function("[...document.querySelectorAll('img')].some(i => i.naturalWidth > 100)", timeout=PATIENCE)
