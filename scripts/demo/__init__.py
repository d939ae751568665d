"""The demo: a day of a labelling team, on the emulator or on the real service (`python -m scripts.demo`).

`world` and `texts` make the data, `views` prints, `live` asks what the real service needs. Imports the package as users
do. Start in `__main__`.
"""
