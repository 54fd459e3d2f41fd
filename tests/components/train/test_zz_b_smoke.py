import json, pytest
from lookalike_components.train.config import TrainConfig
from lookalike_components.train.fine_tune import fine_tune
from lookalike_components.dataset import write_table
@pytest.fixture
def table(rows, tmp_path):
    rows=rows.copy(); rows["kind"]=["a" if hash(str(l))%2 else "b" for l in rows["label"]]
    write_table(rows, tmp_path/"table.parquet"); return tmp_path/"table.parquet"
CASES=[{}, {"memory":64},{"matryoshka":[32,64]},{"supervision":"views"},{"sampler":"random","loss":"ArcFaceLoss","miner":""},{"loss":"ProxyAnchorLoss","miner":"","matryoshka":[16]},{"label_noise":.2},{"loss":"SmoothAPLoss","miner":""},
 {"variants":[{"loss":"SupConLoss","miner":"","loss_options":{}},{"memory":128}],"trial_steps":2}]
@pytest.mark.parametrize("case",CASES,ids=map(str,CASES))
def test_it(table,weights,tmp_path,case):
    c=TrainConfig(**{**dict(model="resnet18",weights=str(weights),input_size=32,classes_per_batch=4,images_per_class=4,steps=4),**case})
    r=fine_tune(table,tmp_path/"e",tmp_path/"h.jsonl",c); print(r)
