"""Renders a chart by Helm's own engine for each set of values on the standard input, and judges what comes out.

Prints a list of {"error"} or {"objects", "faults"}; faults are those of Kubernetes' own schemas, unknown fields included.
"""

import json
import sys

import helm_python
import kubernetes_validate
import yaml

folder, versions = sys.argv[1], sys.argv[2].split(",")
results = []
for values in json.load(sys.stdin):
    try:
        lint = helm_python.lint(folder, values=values)
        with helm_python.Chart.load(folder) as chart:
            chart.validate_schema(values)
            rendered = chart.render(values=values, name="ai-gateway", namespace="llm")
    except helm_python.HelmError as error:
        results.append({"error": str(error)})
        continue
    objects, faults, unknown = [], [f"lint: {line}" for line in lint.get("errors") or []], []
    for name, text in rendered.items():
        if not name.endswith(".yaml"):
            continue
        for found in yaml.safe_load_all(text):
            if found is None:
                continue
            objects.append(found)
            for version in versions:
                try:
                    kubernetes_validate.validate(found, version, strict=True)
                except kubernetes_validate.SchemaNotFoundError:
                    unknown.append(found["kind"])
                except kubernetes_validate.ValidationError as error:
                    faults.append(f"{version} {found['kind']}: {error.message}")
    results.append({"objects": objects, "faults": faults, "unknown": sorted(set(unknown))})
json.dump(results, sys.stdout)
