FROM python:3.12-slim AS build
COPY requirements.txt /tmp/
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements.txt

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /portal portal && install -d -o portal /data
COPY --from=build /venv /venv
COPY . /portal
WORKDIR /portal
RUN /venv/bin/python -m portal.translations
USER portal
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORTAL_DATA_DIR=/data PORTAL_HOST=0.0.0.0
VOLUME /data
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
CMD ["python", "manage.py", "serve"]
